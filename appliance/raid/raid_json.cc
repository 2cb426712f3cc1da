// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/raid/raid.h"

#include <boost/json.hpp>

namespace ap::raid {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) {
    list.emplace_back(value);
  }
  return list;
}

json::object sync_object(const Sync& sync) {
  json::object object;
  object["action"] = sync.action;
  object["progress"] = sync.progress ? json::value(*sync.progress) : json::value(nullptr);
  object["bytes_per_second"] = sync.bytes_per_second;
  object["remaining_s"] = sync.remaining_s ? json::value(*sync.remaining_s) : json::value(nullptr);
  return object;
}

json::object array_object(const Array& array) {
  json::array members;
  for (const Member& member : array.members) {
    members.push_back(json::object{
        {"disk", member.disk}, {"serial", member.serial}, {"state", to_word(member.state)}});
  }
  return {{"name", array.name},
          {"device", array.kernel.empty() ? "" : "/dev/" + array.kernel},
          {"state", to_word(array.state)},
          {"wanted", array.wanted},
          {"present", array.present},
          {"mismatches", array.mismatches},
          {"members", std::move(members)},
          {"sync", sync_object(array.sync)}};
}

json::object disk_object(const Disk& disk) {
  return {{"name", disk.name},          {"serial", disk.serial},
          {"model", disk.model},        {"size_bytes", disk.sectors * kSectorBytes},
          {"role", to_word(disk.role)}, {"boot", disk.is_bootable},
          {"text", disk.text}};
}

}  // namespace

std::string_view to_word(ArrayState state) {
  switch (state) {
    case ArrayState::clean:
      return "clean";
    case ArrayState::degraded:
      return "degraded";
    case ArrayState::resyncing:
      return "resyncing";
    case ArrayState::missing:
      break;
  }
  return "missing";
}

std::string_view to_word(DiskRole role) {
  switch (role) {
    case DiskRole::member:
      return "member";
    case DiskRole::blank:
      return "blank";
    case DiskRole::foreign:
      break;
  }
  return "foreign";
}

std::string_view to_word(MemberState state) {
  switch (state) {
    case MemberState::in_sync:
      return "in_sync";
    case MemberState::rebuilding:
      return "rebuilding";
    case MemberState::faulty:
      break;
  }
  return "faulty";
}

std::string to_json(const Storage& storage) {
  json::array arrays;
  for (const Array& array : storage.arrays) {
    arrays.push_back(array_object(array));
  }
  json::array disks;
  for (const Disk& disk : storage.disks) {
    disks.push_back(disk_object(disk));
  }
  return json::serialize(json::object{{"arrays", std::move(arrays)}, {"disks", std::move(disks)}});
}

std::string to_json(const Plan& plan) {
  return json::serialize(
      json::object{{"steps", texts(plan.steps)}, {"warnings", texts(plan.warnings)}});
}

}  // namespace ap::raid
