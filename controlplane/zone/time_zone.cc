// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/zone/time_zone.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cp::zone {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

// Big-endian reader over the file; every read is checked.
class TzifBytes {
 public:
  explicit TzifBytes(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char byte : take(size)) {
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    const bool is_narrow = size < 8;
    const std::uint64_t sign = std::uint64_t{1} << (size * 8 - 1);
    if (is_narrow && (value & sign) != 0) {
      value |= ~std::uint64_t{0} << (size * 8 - 1);
    }
    return static_cast<std::int64_t>(value);
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      throw std::runtime_error("a time zone file is cut short");
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view bytes_;
};

// RFC 8536, 3.1: magic, version, reserved, then six counts.
struct Header {
  std::size_t utc_flags = 0;
  std::size_t standard_flags = 0;
  std::size_t leap_seconds = 0;
  std::size_t transitions = 0;
  std::size_t types = 0;
  std::size_t name_bytes = 0;

  static Header read(TzifBytes& bytes) {
    if (bytes.take(4) != "TZif") {
      throw std::runtime_error("not a time zone file");
    }
    bytes.take(16);
    Header header;
    for (std::size_t* count : {&header.utc_flags, &header.standard_flags, &header.leap_seconds,
                               &header.transitions, &header.types, &header.name_bytes}) {
      *count = static_cast<std::size_t>(bytes.number(4)) & 0xFFFFFFFFU;
    }
    return header;
  }

  [[nodiscard]] std::size_t data_bytes(std::size_t time_bytes) const {
    return transitions * (time_bytes + 1) + types * 6 + name_bytes +
           leap_seconds * (time_bytes + 4) + standard_flags + utc_flags;
  }
};

bool is_zone_name(const std::string& name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '+' || byte == '/';
  });
  return is_plain && !name.empty() && name.front() != '/';
}

}  // namespace

TimeZone TimeZone::load(const std::string& name) {
  if (name == "UTC") {
    return TimeZone();
  }
  if (!is_zone_name(name)) {
    throw std::runtime_error("not a time zone name: " + name);
  }
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  if (!file) {
    throw std::runtime_error("unknown time zone: " + name);
  }
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return from_tzif(bytes);
}

TimeZone TimeZone::from_tzif(std::string_view file) {
  TzifBytes bytes(file);
  Header header = Header::read(bytes);
  const bool has_wide_block = file.size() > 4 && file[4] >= '2';
  std::size_t time_bytes = 4;
  if (has_wide_block) {
    bytes.take(header.data_bytes(4));
    header = Header::read(bytes);
    time_bytes = 8;
  }
  TimeZone zone;
  for (std::size_t index = 0; index < header.transitions; ++index) {
    zone.transitions_.push_back(bytes.number(time_bytes));
  }
  const std::string_view types = bytes.take(header.transitions);
  std::vector<std::int64_t> type_offsets;
  for (std::size_t index = 0; index < header.types; ++index) {
    type_offsets.push_back(bytes.number(4));
    bytes.take(2);
  }
  if (type_offsets.empty()) {
    throw std::runtime_error("a time zone file without offsets");
  }
  zone.first_offset_ = type_offsets.front();
  for (const char type : types) {
    const auto index = static_cast<std::size_t>(static_cast<unsigned char>(type));
    if (index >= type_offsets.size()) {
      throw std::runtime_error("a time zone file with a wrong type");
    }
    zone.offsets_.push_back(type_offsets[index]);
  }
  return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t utc_seconds) const noexcept {
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), utc_seconds);
  if (after == transitions_.begin()) {
    return first_offset_;
  }
  return offsets_[static_cast<std::size_t>(after - transitions_.begin()) - 1];
}

std::int64_t TimeZone::to_utc(std::int64_t local_seconds) const noexcept {
  const std::int64_t before = offset_at(local_seconds - kDaySeconds);
  const std::int64_t after = offset_at(local_seconds + kDaySeconds);
  if (offset_at(local_seconds - before) == before) {
    return local_seconds - before;
  }
  if (offset_at(local_seconds - after) == after) {
    return local_seconds - after;
  }
  return local_seconds - before;
}

}  // namespace cp::zone
