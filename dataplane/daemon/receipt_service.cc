// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/receipt_service.h"

#include "dataplane/base/crc32c.h"
#include "dataplane/format/log_codec.h"

#include <algorithm>
#include <cerrno>

namespace dp::daemon {
namespace {

constexpr std::string_view kPrefix = "/_receipt";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kRetryAfter = "retry-after: 1\r\n";
/// Behind the checksum, which covers the rest of the record.
constexpr std::size_t kCheckedAt = 4;
constexpr std::size_t kSequenceAt = 8;

/// The receipt's text as the client meant it: some encode the colons of a path.
std::optional<format::Receipt> receipt_of(std::string_view path) noexcept {
  std::array<char, format::kReceiptBytesMax> text{};
  std::size_t length = 0;
  path.remove_prefix(std::min(path.size(), kPrefix.size() + 1));
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  while (!path.empty()) {
    if (length == text.size()) {
      return std::nullopt;
    }
    const bool is_colon = path.starts_with("%3A") || path.starts_with("%3a");
    text[length++] = is_colon ? ':' : path.front();
    path.remove_prefix(is_colon ? 3 : 1);
  }
  return format::parse_receipt({text.data(), length});
}

std::string text_of(const format::Receipt& receipt) {
  std::array<char, format::kReceiptBytesMax> text{};
  char* end = format::write_receipt_segment(text.data(), receipt.shard, receipt.segment);
  end = format::write_receipt_record(end, receipt.offset, receipt.crc);
  return {text.data(), end};
}

}  // namespace

ReceiptService::ReceiptService(sys::LogDisk& disk, std::span<const LogPlace> places)
    : disk_(disk),
      places_(places),
      buffer_(kBufferBytes),
      malformed_({400,
                  kJson,
                  R"({"error":"malformed receipt: expected <shard>-<segment>:<offset>:<crc>, )"
                  R"(as in the bristle-receipt field of an answer"})",
                  {}}),
      unknown_({404, kJson, R"({"error":"no record of this log has this receipt"})", {}}),
      busy_({503, kJson, R"({"error":"too many receipts are being looked up"})", kRetryAfter}),
      unreadable_({503, kJson, R"({"error":"the event log cannot be read"})", kRetryAfter}),
      wrong_method_({405, kJson, "", "allow: GET,HEAD\r\n"}),
      no_body_wanted_({413, kJson, R"({"error":"a receipt is asked for without a body"})", {}}),
      stalled_({408, kJson, R"({"error":"client stopped sending data"})", {}}) {}

bool ReceiptService::serves(std::string_view path) noexcept {
  return path == kPrefix || (path.starts_with(kPrefix) && path[kPrefix.size()] == '/');
}

const http::StaticAnswer& ReceiptService::refuse(http::Refusal refusal) noexcept {
  ++counters_.body_refused;
  return refusal == http::Refusal::body_too_large ? no_body_wanted_ : stalled_;
}

void ReceiptService::handle(const http::Request& request, http::Exchange exchange) noexcept {
  if (request.method != http::Method::get && request.method != http::Method::head) {
    ++counters_.method_not_allowed;
    return exchange.answer(wrong_method_);
  }
  const auto receipt = receipt_of(request.path);
  if (!receipt) {
    ++counters_.malformed;
    return exchange.answer(malformed_);
  }
  if (receipt->shard >= places_.size()) {
    ++counters_.unknown;
    return exchange.answer(unknown_);
  }
  if (end_ - first_ == kQueueMax) {
    ++counters_.unavailable;
    return exchange.answer(busy_);
  }
  queue_[end_++ % kQueueMax] = {exchange, *receipt};
  next_question();
}

void ReceiptService::next_question() noexcept {
  while (step_ == Step::idle && first_ != end_ && !queue_[first_ % kQueueMax].exchange.is_open()) {
    ++first_;  // nobody waits for it any more
  }
  if (step_ != Step::idle || first_ == end_) {
    return;
  }
  const format::Receipt& receipt = queue_[first_ % kQueueMax].receipt;
  path_.assign("../").append(format::partition_directory_name(receipt.shard)).append("/");
  path_.append(format::segment_file_name(receipt.segment));
  read(Step::header, 0, format::kSegmentBlockBytes);
}

void ReceiptService::read(Step step, std::uint64_t offset, std::size_t bytes) noexcept {
  step_ = step;
  disk_.read_later(path_.c_str(), offset, base::MutableBytes(buffer_).first(bytes), *this);
}

void ReceiptService::completed(std::int32_t result) noexcept {
  if (result == -ENOENT) {
    return segment_is_missing();
  }
  if (result < 0) {
    ++counters_.unavailable;
    queue_[first_ % kQueueMax].exchange.answer(unreadable_);
    return close_question();
  }
  const base::Bytes bytes = base::Bytes(buffer_).first(static_cast<std::size_t>(result));
  if (step_ == Step::header) {
    have_header(bytes);
  } else if (step_ == Step::record) {
    have_record(bytes);
  } else {
    have_rest(bytes);
  }
}

void ReceiptService::have_header(base::Bytes bytes) noexcept {
  const format::Receipt& receipt = queue_[first_ % kQueueMax].receipt;
  const auto header = format::decode_segment_header(bytes);
  if (!header || header->shard != receipt.shard || header->first_sequence != receipt.segment ||
      receipt.offset >= header->segment_bytes) {
    return answer_unknown();
  }
  header_ = *header;
  read(Step::record, receipt.offset, kBufferBytes);
}

void ReceiptService::have_record(base::Bytes bytes) noexcept {
  const format::Receipt& receipt = queue_[first_ % kQueueMax].receipt;
  if (bytes.size() < format::kRecordHeaderBytes ||
      base::load_little_endian<std::uint32_t>(bytes, 0) != receipt.crc) {
    return answer_unknown();
  }
  const std::size_t length = format::claimed_record_bytes(bytes);
  if (length < format::kRecordHeaderBytes || length > format::kRecordBytesMax) {
    return answer_unknown();
  }
  sequence_ = base::load_little_endian<format::Sequence>(bytes, kSequenceAt);
  record_end_ = receipt.offset + length;
  const std::size_t here = std::min(length, bytes.size());
  crc_ = base::crc32c(bytes.subspan(kCheckedAt, here - kCheckedAt), header_.record_seed());
  read_to_ = receipt.offset + here;
  read_on_or_judge();
}

void ReceiptService::have_rest(base::Bytes bytes) noexcept {
  if (bytes.empty()) {  // the file ends within the record
    return answer_unknown();
  }
  crc_ = base::crc32c(bytes, crc_);
  read_to_ += bytes.size();
  read_on_or_judge();
}

void ReceiptService::read_on_or_judge() noexcept {
  if (read_to_ < record_end_) {
    return read(
        Step::rest, read_to_,
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, record_end_ - read_to_)));
  }
  judge();
}

/// The whole record has been read; is it what it claims to be, and how far is it?
void ReceiptService::judge() noexcept {
  const format::Receipt& receipt = queue_[first_ % kQueueMax].receipt;
  const LogPlace& place = places_[receipt.shard];
  const auto* page = place.mark.load(std::memory_order_acquire);
  if (crc_ != receipt.crc || sequence_ < receipt.segment || page == nullptr) {
    return answer_unknown();
  }
  const auto refused = format::refused_from(*page, header_.salt);
  if (refused && sequence_ >= *refused) {
    return answer_state("refused", true);
  }
  const auto mark = format::read_durable_mark(*page);
  if (!mark || sequence_ >= mark->durable_end) {
    return answer_unknown();
  }
  answer_state(sequence_ < place.stored.load(std::memory_order_acquire) ? "stored" : "durable",
               true);
}

/// A segment goes only when the worker has stored all of it.
void ReceiptService::segment_is_missing() noexcept {
  const format::Receipt& receipt = queue_[first_ % kQueueMax].receipt;
  if (receipt.segment < places_[receipt.shard].oldest.load(std::memory_order_acquire)) {
    return answer_state("stored", false);
  }
  answer_unknown();
}

void ReceiptService::answer_state(std::string_view state, bool is_verified) noexcept {
  const Question& question = queue_[first_ % kQueueMax];
  ++counters_.ok;
  std::string body = R"({"receipt":")" + text_of(question.receipt);
  body.append(R"(","state":")").append(state);
  body.append(is_verified ? R"(","verified":true})" : R"(","verified":false})");
  question.exchange.answer(http::Answer{200, kJson, body, "cache-control: no-store\r\n"});
  close_question();
}

void ReceiptService::answer_unknown() noexcept {
  ++counters_.unknown;
  queue_[first_ % kQueueMax].exchange.answer(unknown_);
  close_question();
}

void ReceiptService::close_question() noexcept {
  ++first_;
  step_ = Step::idle;
  next_question();
}

}  // namespace dp::daemon
