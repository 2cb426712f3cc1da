// SPDX-License-Identifier: LicenseRef-Project
// Text for a character grid: safe decoding, column widths, and numbers in words for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ap::console {

/// UTF-8 to code points that are safe to show: a control character becomes `^[` like notation, line
/// breaks and tabs a space, malformed bytes and C1 controls `·`; marks of no width and
/// bidirectional controls are left out. Nothing that a terminal would obey survives.
std::u32string decode(std::string_view utf8);

/// Code points to UTF-8.
std::string encode(std::u32string_view text);

/// Columns of one code point: 0, 1 or 2.
int columns(char32_t glyph) noexcept;

/// Columns of a decoded text.
int columns(std::u32string_view text) noexcept;

/// Columns of a UTF-8 text as `decode` shows it.
int columns(std::string_view utf8);

/// At most `width` columns of the text; what is cut ends in `…`.
std::string clipped(std::string_view utf8, int width);

/// Lines of at most `width` columns, broken at spaces where there are any. At least one line.
std::vector<std::string> wrapped(std::string_view utf8, int width);

/// `1,234,567`.
std::string count_text(std::uint64_t count);

/// Decimal units, three digits: `480 GB`, `1.25 TB`.
std::string size_text(double bytes);

/// Binary units, for memory: `512 MiB`, `15.5 GiB`.
std::string memory_text(double bytes);

/// The two largest units: `3 d 4 h`, `12 min 5 s`, `8 s`.
std::string duration_text(std::int64_t seconds);

/// `14:03:22` and `Nov 21 14:03` (UTC) of microseconds since 1970.
std::string clock_text(std::int64_t time_us);
std::string date_text(std::int64_t time_us);

/// `Nov 21 14:03:22` of an ISO 8601 time (`2026-11-21T14:03:22.1Z`); anything else as it is.
std::string iso_text(std::string_view iso);

}  // namespace ap::console
