// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/cli/commands.h"

#include "appliance/cli/follow.h"
#include "appliance/cli/print.h"
#include "appliance/console/console.h"
#include "appliance/kernel/checks.h"

#include <algorithm>
#include <map>
#include <ostream>

namespace ap::cli {
namespace {

using exec::Failure;
using exec::FailureKind;
using Command = std::function<int(const Options&, Context&)>;
using Printer = std::string (*)(std::string_view);

constexpr std::chrono::seconds kToolTimeout{40};

[[noreturn]] void misuse(const std::string& text) {
  throw Failure(FailureKind::invalid, text + "; see bristle help");
}

void expect_words(const Options& options, std::size_t minimum, std::size_t maximum) {
  if (options.words.size() < minimum) {
    misuse(options.command + " needs another word");
  }
  if (options.words.size() > maximum) {
    misuse(options.command + " does not know " + options.words[maximum]);
  }
}

// Reads once and prints: the service's answer, or its text.
std::string show(const Options& options, Context& context, const std::string& noun,
                 const std::string& method, const std::vector<std::string>& arguments,
                 Printer printer) {
  std::string answer = context.client.call(noun, method, arguments, kToolTimeout);
  context.output << (options.is_json ? answer + "\n" : printer(answer));
  return answer;
}

int run_console(const Options& options, Context& /*context*/) {
  expect_words(options, 0, 0);
  return console::run({options.is_ascii, options.is_monochrome});
}

int run_status(const Options& options, Context& context) {
  expect_words(options, 0, 0);
  return status_exit_code(show(options, context, "Health", "Describe", {}, status_text));
}

int run_services(const Options& options, Context& context) {
  expect_words(options, 0, 0);
  show(options, context, "Services", "Describe", {}, services_text);
  return 0;
}

int run_verb(const Options& options, Context& context) {
  expect_words(options, 1, 1);
  std::string unit = options.words[0];
  if (unit.find('.') == std::string::npos) {
    unit += ".service";
  }
  if (!options.is_json) {
    context.output << plan_text(
        context.client.call("Services", "Plan", {unit, options.command}, kToolTimeout));
  }
  return run_operation(options, context, "Services", "Act", {unit, options.command});
}

int run_changeable(const Options& options, Context& context) {
  expect_words(options, 0, 1);
  const bool is_network = options.command == "network";
  const std::string noun = is_network ? "Network" : "Firewall";
  const std::string word = options.words.empty() ? "show" : options.words[0];
  if (word == "show") {
    show(options, context, noun, "Describe", {}, is_network ? network_text : firewall_text);
    return 0;
  }
  if (word == "confirm" || word == "revert") {
    return run_operation(options, context, noun, word == "confirm" ? "Confirm" : "Revert", {});
  }
  misuse(options.command + " can show, confirm or revert; changes are made in the console");
}

int run_login_link(const Options& options, Context& context) {
  expect_words(options, 0, 1);
  const std::string email = options.words.empty() ? std::string{} : options.words[0];
  show(options, context, "Users", "CreateLoginLink", {email}, link_text);
  return 0;
}

// Works without the bus: it must help when nothing else does.
int run_doctor(const Options& options, Context& context) {
  expect_words(options, 0, 0);
  const auto checks = kernel::run_checks(context.root, context.root / kernel::kFragments);
  context.output << (options.is_json ? checks_json(checks) + "\n" : checks_text(checks));
  const bool differs = std::any_of(checks.begin(), checks.end(), [](const kernel::Check& check) {
    return check.state == kernel::CheckState::differs;
  });
  return differs ? 1 : 0;
}

int run_audit(const Options& options, Context& context) {
  expect_words(options, 0, 0);
  show(options, context, "Audit", "Read", {options.lines}, audit_text);
  return 0;
}

int run_version(const Options& options, Context& context) {
  context.output << (options.is_json ? R"({"version":")" BRISTLE_VERSION R"("})"
                                     : "bristle " BRISTLE_VERSION)
                 << "\n";
  return 0;
}

int run_help(const Options& /*options*/, Context& context) {
  context.output << help_text();
  return 0;
}

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> table{
      {"console", run_console},
      {"status", run_status},
      {"services", run_services},
      {"start", run_verb},
      {"stop", run_verb},
      {"restart", run_verb},
      {"logs", run_logs},
      {"network", run_changeable},
      {"firewall", run_changeable},
      {"doctor", run_doctor},
      {"login-link", run_login_link},
      {"audit", run_audit},
      {"version", run_version},
      {"help", run_help},
  };
  return table;
}

}  // namespace

int run(const Options& options, Context& context) {
  const auto found = commands().find(options.command);
  if (found == commands().end()) {
    misuse("there is no command " + options.command);
  }
  return found->second(options, context);
}

int exit_code(const Failure& failure) {
  if (dynamic_cast<const bus::Unavailable*>(&failure) != nullptr) {
    return 69;
  }
  if (dynamic_cast<const bus::AccessDenied*>(&failure) != nullptr) {
    return 77;
  }
  return failure.kind() == FailureKind::invalid ? 64 : 1;
}

}  // namespace ap::cli
