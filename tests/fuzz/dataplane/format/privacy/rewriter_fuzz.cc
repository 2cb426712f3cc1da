// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the body, the rewriter leaves valid JSON without anything the policy forbids, a
// body that was accepted stays acceptable, and the scan is silent only where nothing changes.
// Input: one byte that chooses the policy, then the text.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/privacy/patterns.h"
#include "dataplane/format/privacy/rewriter.h"
#include "dataplane/format/privacy/scan.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace {

using format::privacy::Action;
using format::privacy::BodyScan;
using format::privacy::Policy;
using simdjson::dom::element;

constexpr std::string_view kToken = "phc_fuzz";
constexpr std::string_view kForbiddenName = "mail";
constexpr std::size_t kHashBytes = 32;

Policy make_policy(std::uint8_t choice) {
  Policy policy;
  policy.is_active = true;
  policy.patterns.fill(static_cast<Action>(choice % 3 + 1));
  policy.name_mode = format::privacy::NameMode::deny;
  policy.names.add(kForbiddenName);
  policy.name_action = static_cast<Action>(choice / 3 % 3 + 1);
  return policy;
}

void check_text(const Policy& policy, std::string_view text) {
  CHECK(text == kToken || !format::privacy::find_pattern(text, policy));
}

/// `text(12)`, as a quarantined event says of its properties.
bool is_kind_of_value(std::string_view text) {
  return text == "boolean" || text == "null" || text.starts_with("text(") ||
         text.starts_with("number(") || text.starts_with("object(") || text.starts_with("list(");
}

/// No string, key or number below `value` holds a pattern.
void check_value(const Policy& policy, element value) {
  simdjson::dom::array array;
  simdjson::dom::object object;
  std::string_view text;
  if (value.get(array) == simdjson::SUCCESS) {
    for (const auto item : array) {
      check_value(policy, item);
    }
  } else if (value.get(object) == simdjson::SUCCESS) {
    for (const auto member : object) {
      check_text(policy, member.key);
      // Of a person without cookies a hash is left, in quarantine the kind of value.
      CHECK(member.key != "$ip" || (member.value.get(text) == simdjson::SUCCESS &&
                                    (text.size() == kHashBytes || is_kind_of_value(text))));
      check_value(policy, member.value);
    }
  } else if (value.get(text) == simdjson::SUCCESS) {
    check_text(policy, text);
  } else {
    std::uint64_t number = 0;
    CHECK(value.get(number) != simdjson::SUCCESS ||
          !format::privacy::find_pattern(std::to_string(number), policy));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto policy = make_policy(data[0]);
  const BodyScan scan(policy);
  format::codec::Payload payload;
  // A copy of its own size, so that reading behind it is found.
  const auto copy = std::make_unique<char[]>(size - 1);
  std::copy(data + 1, data + size, copy.get());
  payload.json = {copy.get(), size - 1};
  if (!simdjson::validate_utf8(payload.json.data(), payload.json.size())) {
    return 0;
  }
  const auto may_offend = scan.may_offend(payload.json);
  CHECK(may_offend == scan.may_offend_portable(payload.json));
  format::codec::BatchReader reader;
  const auto before = reader.parse(payload, format::Endpoint::i_v0_e);
  if (!before) {
    return 0;
  }
  const auto key = format::privacy::HashKey::from_secret("0123456789abcdef0123456789abcdef");
  format::privacy::Rewriter rewriter(&*key);
  const std::string token(before->token);
  const auto result = rewriter.rewrite(policy, payload.json, token);
  CHECK(result.has_value());
  CHECK(may_offend || rewriter.counts().is_zero());
  const simdjson::padded_string padded(*result);
  simdjson::dom::parser parser;
  element root;
  CHECK(parser.parse(padded).get(root) == simdjson::SUCCESS);
  if (token == kToken) {
    check_value(policy, root);
  }
  format::codec::Payload rewritten;
  rewritten.json = *result;
  const auto after = reader.parse(rewritten, format::Endpoint::i_v0_e);
  CHECK(after.has_value());
  CHECK(after->event_count == before->event_count);
  CHECK(after->event_count == 0 || after->token == token);
  return 0;
}
