// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/contract.h"

#include "appliance/exec/failure.h"

#include <algorithm>

namespace ap::daemon {
namespace {

constexpr const char* kRead = "org.bristle.appliance1.read";
constexpr const char* kServices = "org.bristle.appliance1.manage-services";
constexpr const char* kStorage = "org.bristle.appliance1.manage-storage";
constexpr const char* kNetwork = "org.bristle.appliance1.manage-network";
constexpr const char* kFirewall = "org.bristle.appliance1.manage-firewall";
constexpr const char* kUsers = "org.bristle.appliance1.manage-users";
constexpr const char* kPower = "org.bristle.appliance1.power";

}  // namespace

const std::vector<MethodInfo>& methods() {
  static const std::vector<MethodInfo> table{
      {{"Health", "Describe", {}}, kRead, Kind::reads},
      {{"Services", "Describe", {}}, kRead, Kind::reads},
      {{"Services", "Plan", {"unit", "verb"}}, kRead, Kind::reads},
      {{"Services", "Act", {"unit", "verb"}}, kServices, Kind::starts},
      {{"Services", "ReadLog", {"unit", "filter", "cursor", "lines"}}, kRead, Kind::reads},
      {{"Raid", "Describe", {}}, kRead, Kind::reads},
      {{"Raid", "Plan", {"action", "argument"}}, kRead, Kind::reads},
      {{"Raid", "Act", {"action", "argument"}}, kStorage, Kind::starts},
      {{"Network", "Describe", {}}, kRead, Kind::reads},
      {{"Network", "Plan", {"settings"}}, kRead, Kind::reads},
      {{"Network", "Apply", {"settings"}}, kNetwork, Kind::starts},
      {{"Network", "Confirm", {}}, kNetwork, Kind::starts},
      {{"Network", "Revert", {}}, kNetwork, Kind::starts},
      {{"Firewall", "Describe", {}}, kRead, Kind::reads},
      {{"Firewall", "Plan", {"settings"}}, kRead, Kind::reads},
      {{"Firewall", "Apply", {"settings"}}, kFirewall, Kind::starts},
      {{"Firewall", "Confirm", {}}, kFirewall, Kind::starts},
      {{"Firewall", "Revert", {}}, kFirewall, Kind::starts},
      {{"Users", "CreateLoginLink", {"email"}}, kUsers, Kind::answers},
      {{"Power", "Plan", {"verb"}}, kRead, Kind::reads},
      {{"Power", "Act", {"verb"}}, kPower, Kind::starts},
      {{"Operations", "Describe", {"id"}}, kRead, Kind::reads},
      {{"Audit", "Read", {"lines"}}, kRead, Kind::reads},
  };
  return table;
}

const MethodInfo& method_of(std::string_view noun, std::string_view name) {
  const auto& all = methods();
  const auto found = std::find_if(all.begin(), all.end(), [noun, name](const MethodInfo& info) {
    return info.member.noun == noun && info.member.name == name;
  });
  if (found == all.end()) {
    throw exec::Failure(exec::FailureKind::not_found, "there is no such method");
  }
  return *found;
}

bus::Contract contract() {
  bus::Contract contract;
  for (const auto& info : methods()) {
    contract.methods.push_back(info.member);
  }
  contract.signals.push_back({"Operations", "Progress", {"id", "json"}});
  return contract;
}

}  // namespace ap::daemon
