// SPDX-License-Identifier: LicenseRef-Project
// Goal: no text crashes the parser or the printer, and every printed statement carries the guard.
#include "controlplane/hog/parser.h"
#include "controlplane/hog/printer.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/crc32c.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// libFuzzer's own entry point, and its name.
extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming)
    const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  cp::hog::Context context;
  // A number that the text cannot name: a constant may hold what looks like the guard.
  context.project_id = static_cast<std::int64_t>(base::crc32c(base::as_bytes(text)));
  const std::string guard = "(events.team_id = " + std::to_string(context.project_id) + ")";
  try {
    const cp::hog::Select select = cp::hog::parse_select(text);
    const cp::hog::PrintedSelect printed = cp::hog::print_select(select, context);
    const bool is_guarded = printed.sql.find(guard) != std::string::npos;
    CHECK(is_guarded == select.table.has_value());
    CHECK(printed.limit <= cp::hog::kRowsMax);
  } catch (const cp::hog::HogqlError&) {
    return 0;
  }
  return 0;
}
