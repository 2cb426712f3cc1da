// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the export, its AI spans are written again as an export with as many of them that
// holds nothing the policy forbids. Input: one byte that chooses policy and format, then the body.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/otlp_traces.h"
#include "dataplane/format/privacy/patterns.h"
#include "dataplane/format/privacy/traces_rewriter.h"

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using format::privacy::Action;
using format::privacy::Policy;

constexpr std::string_view kForbiddenName = "mail";

Policy make_policy(std::uint8_t choice) {
  Policy policy;
  policy.is_active = true;
  policy.is_closed = choice >= 192;
  policy.patterns.fill(static_cast<Action>(choice % 3 + 1));
  policy.name_mode = format::privacy::NameMode::deny;
  policy.names.add(kForbiddenName);
  policy.name_action = static_cast<Action>(choice / 3 % 3 + 1);
  return policy;
}

class Checker final : public format::codec::SpanVisitor {
 public:
  explicit Checker(const Policy& policy) : policy_(policy) {}

  void visit(const format::codec::TraceSpan& span) override {
    check_text(span.name);
    check_text(span.scope_version);
    for (const auto& attributes : {span.attributes, span.resource}) {
      for (const auto& attribute : attributes) {
        check_text(attribute.key);
        CHECK(attribute.key != kForbiddenName || attribute.json == "\"[redacted]\"");
        check_json(attribute.json);
      }
    }
  }

 private:
  void check_text(std::string_view text) { CHECK(!format::privacy::find_pattern(text, policy_)); }

  /// Every string of a compact JSON text.
  void check_json(std::string_view json) {
    const simdjson::padded_string padded(json);
    simdjson::dom::element root;
    CHECK(parser_.parse(padded).get(root) == simdjson::SUCCESS);
    check_value(root);
  }

  void check_value(simdjson::dom::element value) {
    simdjson::dom::array items;
    simdjson::dom::object members;
    std::string_view text;
    if (value.get(items) == simdjson::SUCCESS) {
      for (const auto item : items) {
        check_value(item);
      }
    } else if (value.get(members) == simdjson::SUCCESS) {
      for (const auto member : members) {
        check_text(member.key);
        check_value(member.value);
      }
    } else if (value.get(text) == simdjson::SUCCESS) {
      check_text(text);
    }
  }

  const Policy& policy_;
  simdjson::dom::parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto policy = make_policy(data[0]);
  const auto* const type = data[0] % 2 == 0 ? "application/json" : "application/x-protobuf";
  format::codec::TracesReader reader;
  const auto body = std::as_bytes(std::span(data + 1, size - 1));
  const auto before = reader.read({type, "", body});
  if (!before) {
    return 0;
  }
  format::privacy::TracesRewriter rewriter(nullptr);
  rewriter.start(policy);
  reader.deliver(rewriter);
  const std::string result(rewriter.finish());
  CHECK(rewriter.span_count() == before->ai_spans);
  Checker checker(policy);
  const auto after = reader.read({"application/json", "", base::as_bytes(result)}, &checker);
  CHECK(after.has_value());
  CHECK(after->ai_spans == before->ai_spans);
  return 0;
}
