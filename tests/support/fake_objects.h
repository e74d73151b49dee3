#pragma once
// The pure half of FakeApi: selectors, merge patches and the removal that server-side apply does.
// Values; any thread.

#include <string>

#include "operator/base/json.h"

namespace cresset::testing {

bool has_finalizers(const base::Json& object);
// "a=b,c!=d,e,!f,g in (h,i),j notin (k)".
bool matches_labels(const base::Json& object, const std::string& selector);
// "metadata.name=a,status.phase!=Running".
bool matches_fields(const base::Json& object, const std::string& selector);
// Takes out of `object` what `before` names and `now` does not.
void remove_given_up(base::Json& object, const base::Json& before, const base::Json& now);

}  // namespace cresset::testing
