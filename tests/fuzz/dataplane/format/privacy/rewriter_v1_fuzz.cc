// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a policy changes in a v1 batch, the worker takes exactly the events that were
// taken before; the others are gone. Input: one byte that chooses the policy, then the body.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/format/privacy/rewriter.h"

#include <cstdint>
#include <string_view>

namespace {

using format::privacy::Action;

format::privacy::Policy make_policy(std::uint8_t choice) {
  format::privacy::Policy policy;
  policy.is_active = true;
  policy.is_closed = choice >= 128;
  policy.patterns.fill(static_cast<Action>(choice % 3 + 1));
  policy.name_mode =
      choice / 3 % 2 == 0 ? format::privacy::NameMode::deny : format::privacy::NameMode::allow;
  policy.names.add("mail");
  policy.names.add("cookieless_mode");
  policy.name_action = static_cast<Action>(choice / 6 % 3 + 1);
  return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto policy = make_policy(data[0]);
  const auto endpoint = format::Endpoint::analytics_v1;
  format::codec::Payload payload;
  payload.json = {reinterpret_cast<const char*>(data) + 1, size - 1};
  format::codec::V1Reader reader;
  const auto before = reader.parse(payload, endpoint);
  if (!before || before->taken_count == 0) {
    return 0;
  }
  format::privacy::Rewriter rewriter(nullptr);
  format::privacy::RewriteScope scope;
  scope.results = reader.results();
  const auto result = rewriter.rewrite(policy, payload.json, {}, scope);
  CHECK(result.has_value());
  format::codec::Payload rewritten;
  rewritten.json = *result;
  format::codec::V1Reader worker;
  const auto after = worker.parse(rewritten, endpoint);
  CHECK(after.has_value());
  CHECK(after->taken_count == before->taken_count);
  CHECK(worker.results().size() == after->taken_count);
  return 0;
}
