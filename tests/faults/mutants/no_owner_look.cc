// The operator without its look at the owner before children are made or deleted: linked before
// controllers_common, it takes the place of executor.cc, which is the same but for that one
// condition. For the test of the oracle that finds children of an owner that is gone; nothing else
// links it.

#include "controllers/common/plan.h"

#define look_at_owner wants_template && false
#include "controllers/common/executor.cc"
