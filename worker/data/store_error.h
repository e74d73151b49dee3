#pragma once
// Arrow's statuses as our errors: what went wrong with which URI, and what to check. Pure.

#include <string>

#include "operator/base/error.h"

namespace arrow {
class Status;
}

namespace cresset::data {

// `doing` is a verb with its object: "reading", "writing". `endpoint` is for the message.
base::Error store_error(const arrow::Status& status, const std::string& doing,
                        const std::string& uri, const std::string& endpoint);

}  // namespace cresset::data
