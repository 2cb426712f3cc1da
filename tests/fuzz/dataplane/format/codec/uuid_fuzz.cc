// SPDX-License-Identifier: LicenseRef-Project
// Goal: the vector test for a stored UUID says what the portable one says, and every form that is
// read becomes a stored UUID that reads back as itself. Input: the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/internal/identity.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

void check(std::string_view text) {
  namespace codec = format::codec;
  CHECK(codec::is_stored_uuid(text) == codec::is_stored_uuid_portable(text));
  const auto read = codec::read_uuid(text);
  if (codec::is_stored_uuid(text)) {
    CHECK(read && std::string_view(read->data(), read->size()) == text);
  }
  if (read) {
    const std::string_view stored(read->data(), read->size());
    CHECK(codec::is_stored_uuid_portable(stored));
    CHECK(codec::read_uuid(stored) == read);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exact copy, so that the address sanitizer sees one byte too many.
  const std::vector<char> text(data, data + size);
  check({text.data(), text.size()});
  // Nearly a UUID: the input's bytes in the places of one, which chance alone would hardly hit.
  std::string near = "018a981f-4b35-7c66-825e-8b0eeae65714";
  for (std::size_t index = 0; index + 1 < size && index < 8; index += 2) {
    near[data[index] % near.size()] = static_cast<char>(data[index + 1]);
    check(near);
  }
  return 0;
}
