#pragma once
// See ../context.h.
#include <stdexcept>
