// SPDX-License-Identifier: LicenseRef-Project
// Goal: the tokens of a text are judged and read as the parser's own second stage reads its tree:
// the same texts pass, the same errors lead to a repair, and every member, item, string and number
// is the same. Input: the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/internal/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using format::codec::JsonToken;
using format::codec::JsonTokens;
using format::codec::kNoToken;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t kDepthMax = 128;
constexpr std::size_t kBytesMin = 64;

/// What the document makes of a failure: repaired, too deep or neither.
enum class Kind : std::uint8_t { good, repairable, too_deep, invalid };

Kind kind_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::SUCCESS:
      return Kind::good;
    case simdjson::STRING_ERROR:
    case simdjson::NUMBER_ERROR:
    case simdjson::TAPE_ERROR:
      return Kind::repairable;
    case simdjson::DEPTH_ERROR:
      return Kind::too_deep;
    default:
      return Kind::invalid;
  }
}

class Comparison {
 public:
  explicit Comparison(const JsonTokens& tokens) : tokens_(tokens) {}

  void compare(JsonToken token, element value) {
    switch (value.type()) {
      case element_type::ARRAY:
        compare_array(token, value);
        break;
      case element_type::OBJECT:
        compare_object(token, value);
        break;
      case element_type::STRING:
        CHECK(tokens_.is_string(token));
        CHECK(tokens_.text(token, arena_) == value.get_string().value_unsafe());
        break;
      case element_type::BOOL:
        CHECK(tokens_.boolean(token) == value.get_bool().value_unsafe());
        break;
      case element_type::NULL_VALUE:
        CHECK(tokens_.is_null(token));
        break;
      default:
        compare_number(token, value);
        break;
    }
  }

 private:
  void compare_array(JsonToken token, element value) {
    CHECK(tokens_.is_array(token));
    check_slice(token);
    auto item = tokens_.first(token);
    const simdjson::dom::array items = value.get_array().value_unsafe();
    for (const auto other : items) {
      CHECK(item != kNoToken);
      compare(item, other);
      item = tokens_.next(item);
    }
    CHECK(item == kNoToken);
  }

  void compare_object(JsonToken token, element value) {
    CHECK(tokens_.is_object(token));
    const auto is_compact = check_slice(token);
    auto key = tokens_.first(token);
    const simdjson::dom::object members = value.get_object().value_unsafe();
    for (const auto member : members) {
      CHECK(key != kNoToken);
      CHECK(tokens_.key(key, arena_) == member.key);
      compare(JsonTokens::value_of(key), member.value);
      key = tokens_.next(JsonTokens::value_of(key));
    }
    CHECK(key == kNoToken);
    key = tokens_.first(token);
    const auto was_compact =
        tokens_.visit_members(token, ~0U, true, [&](JsonToken name, JsonToken named) {
          CHECK(name == key && named == JsonTokens::value_of(key));
          key = tokens_.next(named);
        });
    CHECK(key == kNoToken);
    CHECK(was_compact == is_compact);
  }

  void compare_number(JsonToken token, element value) {
    const auto source = tokens_.source(token);
    element again;
    CHECK(parser_.parse(simdjson::padded_string(source)).get(again) == simdjson::SUCCESS);
    CHECK(again.type() == value.type());
    const auto whole = value.get_int64();
    const auto read = tokens_.integer(token);
    CHECK(read.has_value() == (whole.error() == simdjson::SUCCESS));
    CHECK(!read || *read == whole.value_unsafe());
  }

  bool check_slice(JsonToken token) const {
    const auto slice = tokens_.slice(token);
    std::string compact(slice.text.size() + simdjson::SIMDJSON_PADDING, '\0');
    std::size_t size = 0;
    CHECK(simdjson::minify(slice.text.data(), slice.text.size(), compact.data(), size) ==
          simdjson::SUCCESS);
    CHECK(slice.is_compact == (size == slice.text.size()));
    return slice.is_compact;
  }

  const JsonTokens& tokens_;
  format::codec::TextArena arena_;
  simdjson::dom::parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const simdjson::padded_string text(input);
  const auto capacity = std::max(size, kBytesMin);
  simdjson::dom::parser parser;
  CHECK(parser.allocate(capacity, kDepthMax) == simdjson::SUCCESS);
  element root;
  const auto expected = parser.parse(text).get(root);

  simdjson::dom::parser finder;
  CHECK(finder.allocate(capacity, kDepthMax) == simdjson::SUCCESS);
  auto& stage = *finder.implementation;
  JsonTokens tokens;
  auto found = stage.stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                            simdjson::stage1_mode::regular);
  if (found == simdjson::SUCCESS) {
    found = tokens.check({text.data(), text.size()},
                         {stage.structural_indexes.get(), stage.n_structural_indexes}, kDepthMax);
  }
  CHECK(kind_of(found) == kind_of(expected));
  if (found == simdjson::SUCCESS && (root.is_array() || root.is_object())) {
    Comparison(tokens).compare(0, root);
  }
  return 0;
}
