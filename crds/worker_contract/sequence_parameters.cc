// Parameters of the architectures that look at sequences.
#include <array>

#include "crds/worker_contract/architecture_parameters.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr int64_t kMaxPlaceWidth = 65536;
constexpr int64_t kUsualPlaceWidth = 128;
constexpr int64_t kMaxDeep = 256;  // layers and heads
constexpr int64_t kMaxFeedForward = 262144;
constexpr int64_t kMaxVocabulary = 1 << 20;
constexpr int64_t kMaxLength = 65536;
constexpr int64_t kBytes = 256;  // the vocabulary of a text's bytes
constexpr std::array<std::string_view, 2> kPoolings{"Mean", "First"};

// What transformer and gpt share.
void read_sequence(Reader& parameters, ModelSpec& model) {
  model.width = kUsualPlaceWidth;
  if (auto layers = parameters.integer("layers", {1, kMaxDeep})) model.layers = *layers;
  if (auto heads = parameters.integer("heads", {1, kMaxDeep})) model.heads = *heads;
  if (auto width = parameters.integer("width", {1, kMaxPlaceWidth})) model.width = *width;
  if (model.width % model.heads != 0)
    parameters.add_error(
        base::invalid(parameters.path_of("width") + " must be a multiple of heads, which is " +
                      std::to_string(model.heads) + ", found " + std::to_string(model.width)));
  model.feed_forward = 4 * model.width;
  if (auto width = parameters.integer("feedForward", {1, kMaxFeedForward}))
    model.feed_forward = *width;
  if (auto size = parameters.integer("vocabularySize", {2, kMaxVocabulary}))
    model.vocabulary_size = *size;
  if (auto length = parameters.integer("maxLength", {1, kMaxLength})) model.max_length = *length;
  if (auto dropout = parameters.number("dropout", {0, 0.99})) model.dropout = *dropout;
}

Json write_sequence(const ModelSpec& model) {
  Json json{{"layers", model.layers},
            {"heads", model.heads},
            {"width", model.width},
            {"feedForward", model.feed_forward},
            {"dropout", model.dropout}};
  if (model.vocabulary_size > 0) json["vocabularySize"] = model.vocabulary_size;
  if (model.max_length > 0) json["maxLength"] = model.max_length;
  if (model.padding_token) json["paddingToken"] = *model.padding_token;
  return json;
}

void read_padding(Reader& parameters, ModelSpec& model) {
  model.padding_token = parameters.integer("paddingToken", {0, kMaxVocabulary - 1});
  const bool sized = parameters.has("vocabularySize");
  if (model.padding_token && (!sized || *model.padding_token >= model.vocabulary_size))
    parameters.add_error(base::invalid(parameters.path_of("paddingToken") +
                                       " must be below vocabularySize, which is " +
                                       (sized ? std::to_string(model.vocabulary_size) : "absent") +
                                       ", found " + std::to_string(*model.padding_token)));
}

}  // namespace

void read_transformer(Reader& parameters, ModelSpec& model) {
  read_sequence(parameters, model);
  if (auto pooling = parameters.one_of("pooling", kPoolings)) model.pooling = *pooling;
  read_padding(parameters, model);
}

Json write_transformer(const ModelSpec& model) {
  Json json = write_sequence(model);
  json["pooling"] = model.pooling;
  return json;
}

void read_gpt(Reader& parameters, ModelSpec& model) {
  model.vocabulary_size = kBytes;
  read_sequence(parameters, model);
  read_padding(parameters, model);
}

Json write_gpt(const ModelSpec& model) { return write_sequence(model); }

}  // namespace cresset::worker_contract
