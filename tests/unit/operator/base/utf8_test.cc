#include "operator/base/utf8.h"

#include <gmock/gmock.h>

namespace cresset::base {

TEST(Utf8, IsNeitherHalfACharacterNorOneThatIsWrittenTooLongNorASurrogate) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("Ångström, 東京, 😀"));
  for (const char* wrong :
       {"\xC3", "\x80", "a\xFFz", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_FALSE(is_utf8(wrong)) << wrong;
}

}  // namespace cresset::base
