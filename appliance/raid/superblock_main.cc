// SPDX-License-Identifier: LicenseRef-Project
// bristle-superblock: gives the members inside an image file their md metadata; used while
// building.
#include "appliance/exec/failure.h"
#include "appliance/raid/superblock.h"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Flags = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kUsage =
    "bristle-superblock write --image FILE --offset BYTES --sectors N --name HOST:NAME\n"
    "                         --array-uuid UUID --member-uuid UUID --role 0|1 --active 0|1|0,1\n"
    "                         --time SECONDS\n"
    "bristle-superblock read --image FILE --offset BYTES\n";

[[noreturn]] void refuse(const std::string& text) {
  throw ap::exec::Failure(ap::exec::FailureKind::invalid, text);
}

Flags parse_flags(int count, char** words) {
  Flags flags;
  for (int index = 2; index < count; index += 2) {
    const std::string_view name = words[index];
    if (!name.starts_with("--") || index + 1 == count) {
      refuse("cannot read the argument " + std::string(name));
    }
    flags.emplace(name.substr(2), words[index + 1]);
  }
  return flags;
}

const std::string& text_of(const Flags& flags, std::string_view name) {
  const auto found = flags.find(name);
  if (found == flags.end()) {
    refuse("--" + std::string(name) + " is missing");
  }
  return found->second;
}

std::uint64_t number(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    refuse("--" + std::string(name) + " must be a number");
  }
  return value;
}

std::uint64_t number_of(const Flags& flags, std::string_view name) {
  return number(name, text_of(flags, name));
}

ap::raid::Uuid uuid_of(const Flags& flags, std::string_view name) {
  const auto uuid = ap::raid::parse_uuid(text_of(flags, name));
  if (!uuid) {
    refuse("--" + std::string(name) + " must be a UUID");
  }
  return *uuid;
}

void write(const Flags& flags) {
  ap::raid::NewMember member;
  member.name = text_of(flags, "name");
  member.array_uuid = uuid_of(flags, "array-uuid");
  member.member_uuid = uuid_of(flags, "member-uuid");
  member.partition_sectors = number_of(flags, "sectors");
  member.device_number = static_cast<std::uint32_t>(number_of(flags, "role"));
  member.time_s = number_of(flags, "time");
  std::string_view active = text_of(flags, "active");
  while (!active.empty()) {
    const std::size_t comma = std::min(active.find(','), active.size());
    member.active.push_back(static_cast<std::uint32_t>(number("active", active.substr(0, comma))));
    active.remove_prefix(std::min(comma + 1, active.size()));
  }
  const auto head = ap::raid::encode_member_head(ap::raid::make_superblock(member));
  std::fstream image(text_of(flags, "image"), std::ios::in | std::ios::out | std::ios::binary);
  image.seekp(static_cast<std::streamoff>(number_of(flags, "offset")));
  image.write(reinterpret_cast<const char*>(head.data()),
              static_cast<std::streamsize>(head.size()));
  image.close();
  if (image.fail()) {
    throw ap::exec::Failure(ap::exec::FailureKind::failed,
                            "cannot write " + text_of(flags, "image"));
  }
}

void read(const Flags& flags) {
  std::vector<char> head(ap::raid::kParseBytes);
  std::ifstream image(text_of(flags, "image"), std::ios::binary);
  image.seekg(static_cast<std::streamoff>(number_of(flags, "offset")));
  image.read(head.data(), static_cast<std::streamsize>(head.size()));
  const auto superblock = ap::raid::parse_superblock(std::as_bytes(std::span(head)));
  if (!image || !superblock) {
    throw ap::exec::Failure(ap::exec::FailureKind::not_found, "no superblock of a RAID1 member");
  }
  const auto role = superblock->role();
  std::printf("name=%s\narray-uuid=%s\nmember-uuid=%s\nsectors=%llu\nrole=%s\nevents=%llu\n",
              superblock->name.c_str(), ap::raid::to_string(superblock->array_uuid).c_str(),
              ap::raid::to_string(superblock->member_uuid).c_str(),
              static_cast<unsigned long long>(superblock->size_sectors),
              role ? std::to_string(*role).c_str() : "spare",
              static_cast<unsigned long long>(superblock->events));
}

}  // namespace

int main(int count, char** words) {
  const std::string_view verb = count > 1 ? words[1] : "";
  try {
    if (verb == "write") {
      write(parse_flags(count, words));
    } else if (verb == "read") {
      read(parse_flags(count, words));
    } else {
      std::fputs(kUsage.data(), stderr);
      return 64;
    }
  } catch (const ap::exec::Failure& failure) {
    std::fprintf(stderr, "bristle-superblock: %s\n", failure.what());
    return failure.kind() == ap::exec::FailureKind::invalid ? 64 : 1;
  }
  return 0;
}
