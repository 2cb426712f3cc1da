// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/multipart.h"

#include <algorithm>

namespace format::codec {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kFieldsEnd = "\r\n\r\n";
constexpr std::string_view kDashes = "--";
constexpr std::size_t kBoundaryBytesMax = 70;
constexpr auto kNone = std::string_view::npos;

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char left, char right) { return to_lower(left) == right; });
}

std::string_view trim_spaces(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == kNone) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// Bytes of the quoted string at the front of `text`, quotes included; 0 when it does not end.
std::size_t quoted_bytes(std::string_view text) noexcept {
  for (std::size_t index = 1; index < text.size(); ++index) {
    if (text[index] == '\\') {
      ++index;
    } else if (text[index] == '"') {
      return index + 1;
    }
  }
  return 0;
}

/// The value of one parameter (`; name=value` or `; name="value"`) of a field.
std::optional<std::string_view> parameter_of(std::string_view field,
                                             std::string_view name) noexcept {
  auto rest = field.substr(std::min(field.find(';'), field.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the semicolon
    const auto equals = rest.find_first_of("=;");
    if (equals == kNone) {
      return std::nullopt;
    }
    const auto found = trim_spaces(rest.substr(0, equals));
    if (rest[equals] == ';') {
      rest.remove_prefix(equals);
      continue;
    }
    rest.remove_prefix(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::string_view value;
    if (rest.starts_with('"')) {
      const auto bytes = quoted_bytes(rest);
      if (bytes == 0) {
        return std::nullopt;
      }
      value = rest.substr(1, bytes - 2);
      rest.remove_prefix(bytes);
      rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    } else {
      const auto end = std::min(rest.find(';'), rest.size());
      value = trim_spaces(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (equals_ignoring_case(found, name)) {
      return value;
    }
  }
  return std::nullopt;
}

/// Reads the lines in front of a part's body. False when one is no field.
bool read_fields(std::string_view fields, MultipartPart& part) noexcept {
  while (!fields.empty()) {
    const auto end = fields.find(kLineEnd);
    const auto line = fields.substr(0, end);
    fields.remove_prefix(end == kNone ? fields.size() : end + kLineEnd.size());
    const auto colon = line.find(':');
    if (colon == kNone) {
      return false;
    }
    const auto name = line.substr(0, colon);
    const auto value = trim_spaces(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-disposition")) {
      part.name = parameter_of(value, "name").value_or(std::string_view{});
    } else if (equals_ignoring_case(name, "content-type")) {
      part.content_type = value;
    } else if (equals_ignoring_case(name, "content-encoding")) {
      part.content_encoding = value;
    }
  }
  return true;
}

}  // namespace

std::string_view media_type_of(std::string_view content_type) noexcept {
  return trim_spaces(content_type.substr(0, content_type.find(';')));
}

bool has_media_type(std::string_view content_type, std::string_view expected) noexcept {
  return equals_ignoring_case(media_type_of(content_type), expected);
}

std::optional<std::string_view> boundary_of(std::string_view content_type) noexcept {
  const auto boundary = parameter_of(content_type, "boundary");
  const auto is_usable = boundary && !boundary->empty() && boundary->size() <= kBoundaryBytesMax;
  return is_usable ? boundary : std::nullopt;
}

MultipartReader::MultipartReader(std::string_view body, std::string_view boundary) noexcept
    : body_(body), boundary_(boundary), position_(kNone) {
  // The first delimiter may stand at the very beginning, without the line end in front of it.
  const auto opens =
      body_.starts_with(kDashes) && body_.substr(kDashes.size()).starts_with(boundary_);
  if (opens) {
    position_ = kDashes.size() + boundary_.size();
    return;
  }
  const auto delimiter = find_delimiter(0);
  if (delimiter != kNone) {
    position_ = delimiter + kLineEnd.size() + kDashes.size() + boundary_.size();
  }
}

/// Where the next line end, dashes and boundary stand.
std::size_t MultipartReader::find_delimiter(std::size_t from) const noexcept {
  for (auto at = body_.find(kLineEnd, from); at != kNone; at = body_.find(kLineEnd, at + 1)) {
    const auto rest = body_.substr(at + kLineEnd.size());
    if (rest.starts_with(kDashes) && rest.substr(kDashes.size()).starts_with(boundary_)) {
      return at;
    }
  }
  return kNone;
}

/// Steps over what follows a boundary: dashes for the last one, or padding and a line end.
bool MultipartReader::take_delimiter_end(bool& is_last) noexcept {
  auto rest = body_.substr(position_);
  is_last = rest.starts_with(kDashes);
  if (is_last) {
    return true;
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (!rest.starts_with(kLineEnd)) {
    return false;
  }
  position_ = body_.size() - rest.size();  // on the line end: a part may have no fields at all
  return true;
}

MultipartReader::Status MultipartReader::next(MultipartPart& part) noexcept {
  part = MultipartPart{};
  auto is_last = false;
  if (position_ == kNone || !take_delimiter_end(is_last)) {
    return Status::malformed;
  }
  if (is_last) {
    return Status::end;
  }
  const auto fields_end = body_.substr(position_, kPartFieldsBytesMax).find(kFieldsEnd);
  if (fields_end == kNone) {
    return Status::malformed;
  }
  const auto fields = fields_end == 0
                          ? std::string_view{}
                          : body_.substr(position_ + kLineEnd.size(), fields_end - kLineEnd.size());
  if (!read_fields(fields, part)) {
    return Status::malformed;
  }
  // An empty body shares its line end with the blank line.
  const auto start = position_ + fields_end + kFieldsEnd.size();
  const auto delimiter = find_delimiter(start - kLineEnd.size());
  if (delimiter == kNone) {
    return Status::malformed;
  }
  part.body = delimiter < start ? std::string_view{} : body_.substr(start, delimiter - start);
  position_ = delimiter + kLineEnd.size() + kDashes.size() + boundary_.size();
  return Status::part;
}

}  // namespace format::codec
