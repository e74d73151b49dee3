#pragma once
// What Google's client says, as Arrow passes it on, as our errors: what went wrong with which URI,
// what was said, and what to check. Pure.

#include <string>

#include "operator/base/error.h"
#include "worker/data/credentials.h"

namespace arrow {
class Status;
}

namespace cresset::data {

// `doing` is a verb with its object: "reading", "writing". `endpoint` and `credentials` are for
// the message.
base::Error gcs_error(const arrow::Status& status, const std::string& doing, const std::string& uri,
                      const std::string& endpoint, const Credentials& credentials);

// Whether the server said no to it, and not Arrow, which knows of folders what it saw of objects.
bool is_answer_of_google(const arrow::Status& status);

}  // namespace cresset::data
