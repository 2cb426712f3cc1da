// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/login_link.h"

#include "appliance/exec/failure.h"
#include "appliance/health/environment.h"

#include <boost/json.hpp>

#include <algorithm>
#include <string_view>
#include <system_error>

namespace ap::daemon {
namespace {

namespace json = boost::json;

using exec::Failure;
using exec::FailureKind;

constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, 4.5.3.1.3
constexpr int kNoSuchAccount = 67;           // EX_NOUSER of sysexits.h

// It becomes an argument of a program: nothing that could be an option or break a line.
void check_email(const std::string& email) {
  const bool is_plain = std::all_of(email.begin(), email.end(), [](unsigned char character) {
    return character > 0x20 && character != 0x7f;
  });
  if (email.size() > kEmailBytesMax || !is_plain || email.starts_with('-') ||
      email.find('@') == std::string::npos) {
    throw Failure(FailureKind::invalid, "this is no email address", "email");
  }
}

// The last line of standard error, without the log's prefix being of interest.
std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') {
    text.remove_suffix(1);
  }
  const auto newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

}  // namespace

std::string create_login_link(const std::filesystem::path& root, exec::Runner& runner,
                              const std::string& email) {
  exec::Command command;
  command.arguments = {"setpriv",       "--reuid=bristle-control",       "--regid=bristle-control",
                       "--init-groups", "/usr/bin/bristle-controlplane", "login-link"};
  if (!email.empty()) {
    check_email(email);
    command.arguments.insert(command.arguments.end(), {"--email", email});
  }
  for (const auto& [name, value] : health::read_environment(root)) {
    command.environment.emplace_back(name).append("=").append(value);
  }
  const exec::Outcome outcome = runner.run(command);
  if (outcome.exit_status == kNoSuchAccount) {
    throw Failure(FailureKind::not_found,
                  email.empty() ? "there is no account yet" : "no account has this email address");
  }
  if (outcome.exit_status != 0) {
    throw Failure(FailureKind::failed,
                  "the login link could not be made: " + last_line(outcome.error_output));
  }
  std::error_code wrong;
  const json::value link = json::parse(outcome.output, wrong);
  if (wrong || !link.is_object() || !link.as_object().contains("url")) {
    throw Failure(FailureKind::failed, "the login link could not be read");
  }
  return json::serialize(link);
}

}  // namespace ap::daemon
