// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/internal/cookieless.h"

#include <string>
#include <string_view>

namespace format::privacy::internal {
namespace {

/// Calls `visit(name, place)` with the cursor on each value of the object it stands on; `place` is
/// the token of the name. `visit` steps over the value.
template <typename Visit>
void for_each_member(TokenCursor& cursor, Visit visit) {
  std::string scratch;
  cursor.step();
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const auto place = cursor.place();
    const auto name = unescape(cursor.scalar(), scratch);
    cursor.step();
    cursor.step();
    visit(name, place);
  }
  cursor.step();
}

}  // namespace

std::size_t find_id_address(TokenCursor cursor, std::size_t event) {
  auto is_cookieless = false;
  auto address = kNowhere;
  cursor.go_to(event);
  for_each_member(cursor, [&](std::string_view field, std::size_t) {
    const auto is_properties = field == "properties";
    if ((!is_properties && field != "options") || cursor.kind() != '{') {
      cursor.skip_value();
      return;
    }
    const std::string_view mode = is_properties ? "$cookieless_mode" : "cookieless_mode";
    for_each_member(cursor, [&](std::string_view name, std::size_t place) {
      address = is_properties && name == "$ip" ? place : address;
      is_cookieless = is_cookieless || (name == mode && cursor.kind() == 't');
      cursor.skip_value();
    });
  });
  return is_cookieless ? address : kNowhere;
}

}  // namespace format::privacy::internal
