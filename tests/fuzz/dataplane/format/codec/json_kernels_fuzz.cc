// SPDX-License-Identifier: LicenseRef-Project
// Goal: what a body means does not depend on the processor: simdjson's vector kernels and its
// portable one give the same decision, the same events and the same text of each. Input: one byte
// for the endpoint, then the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/batch.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

class Printer final : public format::codec::EventVisitor {
 public:
  void visit(const format::codec::Event& event) override {
    for (const auto text :
         {std::string_view(event.name), std::string_view(event.distinct_id),
          std::string_view(event.uuid), std::string_view(event.timestamp),
          std::string_view(event.properties_json), std::string_view(event.set_json),
          std::string_view(event.set_once_json)}) {
      text_ += text;
      text_ += '\n';
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What the reader makes of `json` with the kernel that is set; the events and the decision.
std::string read(std::string_view json, format::Endpoint endpoint) {
  if (!simdjson::validate_utf8(json.data(), json.size())) {
    return "no UTF-8";
  }
  format::codec::Payload payload;
  payload.json = json;
  format::codec::BatchReader reader;
  Printer printer;
  const auto batch = reader.parse(payload, endpoint, &printer);
  if (!batch) {
    // Of a text that is wrong in two ways the kernels may name either.
    const auto detail = std::string(reader.error_detail());
    return "refused " + std::to_string(static_cast<int>(batch.error().code)) + " " +
           (detail.starts_with("body: ") ? "" : detail);
  }
  return std::string(batch->token) + "\n" + std::string(batch->sent_at) + "\n" + printer.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto endpoint = (data[0] & 1U) != 0 ? format::Endpoint::engage : format::Endpoint::i_v0_e;
  const std::string_view json(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto* const chosen = &*simdjson::get_active_implementation();
  std::optional<std::string> expected;
  unsigned kernels = 0;
  for (const auto* kernel : simdjson::get_available_implementations()) {
    if (kernel->supported_by_runtime_system()) {
      simdjson::get_active_implementation() = kernel;
      const auto found = read(json, endpoint);
      CHECK(expected.value_or(found) == found);
      expected = found;
      ++kernels;
    }
  }
  CHECK(kernels > 1);
  simdjson::get_active_implementation() = chosen;
  return 0;
}
