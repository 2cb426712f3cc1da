// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/cli/follow.h"

#include "appliance/cli/print.h"

#include <ostream>

namespace ap::cli {
namespace {

constexpr std::chrono::milliseconds kLogPause{1000};
constexpr std::chrono::milliseconds kOperationPause{300};
constexpr std::chrono::seconds kActTimeout{40};

}  // namespace

int run_logs(const Options& options, Context& context) {
  if (options.words.size() > 1) {
    throw exec::Failure(exec::FailureKind::invalid, "logs takes one unit, or none for all");
  }
  std::string unit = options.words.empty() ? std::string{} : options.words[0];
  if (!unit.empty() && unit.find('.') == std::string::npos) {
    unit += ".service";
  }
  std::string cursor;
  do {
    const std::string page =
        context.client.call("Services", "ReadLog", {unit, options.filter, cursor, options.lines});
    const std::string text = options.is_json ? page + "\n" : log_text(page, unit.empty());
    context.output << text << std::flush;
    cursor = field(page, "next");
  } while (options.follows && context.pause(kLogPause));
  return 0;
}

int run_operation(const Options& options, Context& context, const std::string& noun,
                  const std::string& method, const std::vector<std::string>& arguments) {
  const std::string id =
      field(context.client.call(noun, method, arguments, kActTimeout), "operation");
  std::string step;
  for (;;) {
    const std::string operation = context.client.call("Operations", "Describe", {id});
    const std::string state = field(operation, "state");
    if (state != "running") {
      context.output << (options.is_json ? operation : field(operation, "result")) << "\n";
      return state == "done" ? 0 : 1;
    }
    if (const std::string now = field(operation, "step"); now != step && !options.is_json) {
      step = now;
      context.output << step << "\n" << std::flush;
    }
    if (!context.pause(kOperationPause)) {
      context.output << "It goes on in the background as operation " << id << "\n";
      return 1;
    }
  }
}

}  // namespace ap::cli
