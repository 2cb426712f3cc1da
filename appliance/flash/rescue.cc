// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/flash/rescue.h"

#include "appliance/settings/files.h"

#include <boost/json.hpp>

#include <array>
#include <sstream>
#include <string_view>

namespace ap::flash {
namespace {

namespace json = boost::json;
using exec::Failure;
using exec::FailureKind;

constexpr std::array<std::string_view, 6> kKeyTypes{
    "ssh-ed25519 ",         "ssh-rsa ",
    "ecdsa-sha2-nistp256 ", "sk-ssh-ed25519@openssh.com ",
    "ecdsa-sha2-nistp384 ", "sk-ecdsa-sha2-nistp256@openssh.com "};

/// Lines that begin with a key type; options before it name rescue-only commands and are dropped.
std::string public_keys(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string keys;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    for (const auto type : kKeyTypes) {
      const auto start = line.find(type);
      if (start == 0 || (start != std::string::npos && line[start - 1] == ' ')) {
        keys += line.substr(start) + "\n";
        break;
      }
    }
  }
  return keys;
}

json::value ip_json(exec::Runner& runner, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ip", "-json"});
  boost::system::error_code error;
  auto value = json::parse(runner.require({std::move(arguments), {}, {}}), error);
  if (error || !value.is_array()) {
    throw Failure(FailureKind::failed, "ip -json printed something unexpected");
  }
  return value;
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

void take_address(const json::object& address, settings::PublicPort& port) {
  const auto* length = address.if_contains("prefixlen");
  if (text_of(address, "scope") != "global" || length == nullptr || !length->is_int64()) {
    return;
  }
  if (text_of(address, "family") == "inet" && port.address.empty()) {
    port.address = text_of(address, "local");
  } else if (text_of(address, "family") == "inet6" && port.address6.empty()) {
    port.address6 = text_of(address, "local") + "/" + std::to_string(length->as_int64());
  }
}

}  // namespace

void take_network(exec::Runner& runner, settings::PublicPort& port) {
  const auto routes = ip_json(runner, {"-4", "route", "show", "default"});
  if (routes.as_array().empty()) {
    return;
  }
  const auto& route = routes.as_array().front().as_object();
  const auto device = text_of(route, "dev");
  port.gateway = text_of(route, "gateway");
  const auto links = ip_json(runner, {"address", "show", "dev", device});
  for (const auto& link : links.as_array()) {
    port.mac = text_of(link.as_object(), "address");
    const auto* addresses = link.as_object().if_contains("addr_info");
    if (addresses == nullptr || !addresses->is_array()) {
      continue;
    }
    for (const auto& address : addresses->as_array()) {
      take_address(address.as_object(), port);
    }
  }
}

std::string take_ssh_keys(const std::filesystem::path& home) {
  return public_keys(settings::read_text(home / ".ssh/authorized_keys").value_or(""));
}

std::string ssh_keys_of(const std::string& key_or_file) {
  auto keys = public_keys(key_or_file);
  if (keys.empty()) {
    keys = public_keys(settings::read_text(key_or_file).value_or(""));
  }
  if (keys.empty()) {
    throw Failure(FailureKind::invalid,
                  "expected an OpenSSH public key or a file of them, got '" + key_or_file + "'",
                  "ssh-key");
  }
  return keys;
}

}  // namespace ap::flash
