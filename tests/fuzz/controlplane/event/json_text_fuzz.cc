// SPDX-License-Identifier: LicenseRef-Project
// Goal: the scanner of members, which looks for quotes with vectors, finds in a compact object what
// Boost.JSON's byte-wise parser finds: the same keys and values in the same order. On any other
// bytes it reads nothing outside. Input: the text of an object.
#include "controlplane/event/internal/json_text.h"
#include "dataplane/base/check.h"

#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace json = boost::json;
using cp::event::internal::Member;
using cp::event::internal::MemberScanner;

/// Steps over the members; what is between their bounds lies within the text.
std::size_t count_members(std::string_view text) {
  MemberScanner scanner(text);
  Member member;
  std::size_t count = 0;
  std::string unescaped;
  for (; scanner.next(member); ++count) {
    CHECK(member.whole.data() >= text.data());
    CHECK(member.whole.data() + member.whole.size() <= text.data() + text.size());
    CHECK(count <= text.size());
    unescaped.clear();
    cp::event::internal::append_unescaped(unescaped, member.value);
  }
  return count;
}

/// `object`, printed compactly by Boost, is scanned member by member.
void compare(const json::object& object) {
  const auto text = json::serialize(object);
  CHECK(count_members(text) == object.size());
  MemberScanner scanner(text);
  Member member;
  for (const auto& [key, value] : object) {
    CHECK(scanner.next(member));
    std::string unescaped;
    std::string quoted(1, '"');
    quoted += member.key;
    quoted += '"';
    cp::event::internal::append_unescaped(unescaped, quoted);
    CHECK(std::string_view(unescaped) == std::string_view(key.data(), key.size()));
    CHECK(json::serialize(value) == std::string(member.value));
    if (value.is_string()) {
      unescaped.clear();
      cp::event::internal::append_unescaped(unescaped, member.value);
      CHECK(std::string_view(unescaped) ==
            std::string_view(value.get_string().data(), value.get_string().size()));
      quoted.clear();
      cp::event::internal::append_quoted(quoted, unescaped);
      CHECK(json::parse(quoted) == value);
    }
  }
  CHECK(!scanner.next(member));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exact copy, so that the address sanitizer sees one byte too many.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  static_cast<void>(count_members(text));
  json::error_code error;
  const auto parsed = json::parse({text.data(), text.size()}, error);
  if (!error && parsed.is_object()) {
    compare(parsed.get_object());
  }
  return 0;
}
