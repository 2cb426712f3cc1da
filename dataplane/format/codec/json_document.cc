// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_document.h"

#include <algorithm>
#include <bit>

namespace format::codec {
namespace {

constexpr std::size_t kFirstCapacity = std::size_t{64} << 10;
/// A parser that grew beyond this is given back before the next body.
constexpr std::size_t kParserBytesKept = std::size_t{8} << 20;

std::size_t token_count(std::string_view json) noexcept {
  const auto count = std::count_if(json.begin(), json.end(), [](char character) {
    return character == ',' || character == ':' || character == '[' || character == '{';
  });
  return static_cast<std::size_t>(count);
}

bool is_repairable(simdjson::error_code failure) noexcept {
  return failure == simdjson::STRING_ERROR || failure == simdjson::NUMBER_ERROR ||
         failure == simdjson::TAPE_ERROR;
}

}  // namespace

JsonDocument::Status JsonDocument::load(const Payload& payload) {
  if (payload.json.size() > kParserBytesKept && token_count(payload.json) > limits_.tokens_max) {
    return Status::too_large;
  }
  if (copy_.size() > kParserBytesKept) {
    std::vector<char>().swap(copy_);
  }
  text_ = payload.json;
  if (!payload.is_padded) {
    copy_.resize(std::max(copy_.size(), text_.size() + kPayloadPadding));
    std::copy(payload.json.begin(), payload.json.end(), copy_.begin());
    text_ = {copy_.data(), payload.json.size()};
  }
  auto failure = parse();
  if (is_repairable(failure)) {
    std::vector<char> repaired;
    text_ = repair_json(payload.json, kPayloadPadding, repaired, limits_.repair);
    copy_ = std::move(repaired);
    failure = parse();
  }
  source_ = limits_.repair == JsonRepair::keep_length ? payload.json : text_;
  switch (failure) {
    case simdjson::SUCCESS:
      return Status::ok;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
      return Status::too_large;
    case simdjson::DEPTH_ERROR:
      return Status::too_deep;
    default:
      return Status::invalid;
  }
}

simdjson::error_code JsonDocument::parse() {
  if (!reserve(text_.size())) {
    return simdjson::MEMALLOC;
  }
  if (limits_.form == JsonForm::tree) {
    return parser_.parse(text_.data(), text_.size(), false).get(root_);
  }
  auto& first_stage = *parser_.implementation;
  const auto failure = first_stage.stage1(reinterpret_cast<const std::uint8_t*>(text_.data()),
                                          text_.size(), simdjson::stage1_mode::regular);
  return failure != simdjson::SUCCESS
             ? failure
             : tokens_.check(
                   text_, {first_stage.structural_indexes.get(), first_stage.n_structural_indexes},
                   limits_.depth_max);
}

/// Room for a text of `size`; in powers of two while that is little, so that slowly growing bodies
/// do not reallocate every time. False when there is no memory.
bool JsonDocument::reserve(std::size_t size) {
  if (parser_.capacity() > kParserBytesKept) {
    parser_ = simdjson::dom::parser(limits_.bytes_max);
    tokens_.release();
  }
  const auto has_tree = limits_.form == JsonForm::tree;
  if (parser_.implementation != nullptr && size <= parser_.capacity() &&
      (!has_tree || size <= parser_.doc.capacity())) {
    return true;
  }
  const auto capacity =
      size > kParserBytesKept ? size : std::max(std::bit_ceil(size), kFirstCapacity);
  return parser_.allocate(capacity, limits_.depth_max) == simdjson::SUCCESS &&
         (!has_tree || parser_.doc.allocate(capacity) == simdjson::SUCCESS);
}

}  // namespace format::codec
