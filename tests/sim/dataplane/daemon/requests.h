// SPDX-License-Identifier: LicenseRef-Project
// Requests of every kind a dataplane is sent, each with a number of its own, and what must become
// of them.
#pragma once

#include "dataplane/format/log_record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace sim {

/// What the log must hold once the request has been acknowledged.
struct Stored {
  format::Endpoint endpoint = format::Endpoint::i_v0_e;
  std::string query;
  std::string content_type;
  std::string content_encoding;
  std::string body;
  std::uint32_t events = 1;

  /// Tells it from every other.
  [[nodiscard]] const std::string& key() const noexcept { return body.empty() ? query : body; }
};

/// What its client knows of a request.
enum class Fate : std::uint8_t {
  unsent,        ///< Nothing of it has left the client.
  partial,       ///< A part of it has.
  waiting,       ///< All of it has.
  acknowledged,  ///< Answered that it is durable.
  refused,       ///< Answered anything else.
  unanswered,    ///< The connection ended before an answer; all of it had been sent.
  broken_off,    ///< The connection ended before all of it had been sent.
};

/// One request, sent once. Repeating it is another one.
struct Attempt {
  std::uint64_t number = 0;
  std::string bytes;                  ///< As it is sent; given back when it is over.
  std::string origin;                 ///< Mirrored by its answer; empty: none was sent.
  int status = 200;                   ///< Of the answer when the dataplane is well.
  std::optional<std::string> answer;  ///< The answer's body then, where it is known.
  bool may_be_refused = true;         ///< Answered 503 when the dataplane is not well.
  bool is_v1 = false;
  bool has_head = true;       ///< False: malformed, not counted as a request.
  bool ends_session = false;  ///< Its answer is the connection's last.
  std::string asked_receipt;  ///< What the request asks about; must be known for ever.
  std::optional<Stored> stored;

  Fate fate = Fate::unsent;
  int answered = 0;  ///< The status.
  std::string receipt;
  std::uint32_t life = 0;  ///< Of the machine, in which it was sent.
  std::uint32_t seen = 0;  ///< How often the log held it.
};

/// Makes requests. `body_bytes_max`: no event body of its own accord is longer.
class RequestMaker {
 public:
  RequestMaker(std::mt19937_64& random, std::size_t record_bytes_max)
      : random_(random), record_bytes_max_(record_bytes_max) {}

  static constexpr std::size_t kKinds = 28;
  static constexpr std::string_view kToken = "phc_sim";
  static constexpr std::string_view kUserAgent = "posthog-sim/1.0";

  /// A request of this kind, below kKinds. `receipt` is of an earlier answer, or empty.
  Attempt make(std::size_t kind, std::string_view receipt);

 private:
  struct Fields;

  void single(Attempt& attempt, std::string_view target, format::Endpoint endpoint);
  void batch(Attempt& attempt, bool is_gzip, bool is_chunked);
  void form(Attempt& attempt);
  void query(Attempt& attempt);
  void recording(Attempt& attempt);
  void v1(Attempt& attempt);
  void multipart(Attempt& attempt);
  void traces(Attempt& attempt);
  void refused(Attempt& attempt, std::size_t kind);
  void other(Attempt& attempt, std::size_t kind, std::string_view receipt);
  void post(Attempt& attempt, std::string_view target, std::string_view fields,
            std::string_view body);
  void post_chunked(Attempt& attempt, std::string_view target, std::string_view fields,
                    std::string_view body);
  static Stored& store(Attempt& attempt, format::Endpoint endpoint, std::string_view body,
                       std::uint32_t events = 1);
  [[nodiscard]] std::string event(std::uint64_t number, std::string_view more = "") const;
  std::string padding();
  [[nodiscard]] std::string head(const Attempt& attempt, std::string_view start) const;

  std::mt19937_64& random_;
  std::size_t record_bytes_max_;
  std::uint64_t next_ = 1;
};

}  // namespace sim
