// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/daemon/dispatcher.h"

#include "appliance/exec/failure.h"
#include "appliance/settings/settings.h"

#include <boost/json.hpp>

#include <exception>
#include <utility>

namespace ap::daemon {
namespace {

namespace json = boost::json;

using exec::Failure;
using exec::FailureKind;

// How an action is called in the audit log: its verb where it has one, else the method.
AuditLine audit_line(const bus::Request& request) {
  AuditLine line;
  line.uid = request.caller.uid;
  line.noun = request.noun;
  const auto& arguments = request.arguments;
  if (request.noun == "Services") {
    line.argument = arguments.at(0);
    line.action = arguments.at(1);
  } else if (request.noun == "Raid") {
    line.action = arguments.at(0);
    line.argument = arguments.at(1);
  } else if (request.noun == "Power") {
    line.action = arguments.at(0);
  } else {
    line.action = request.method;
    line.argument = arguments.empty() ? std::string{} : arguments.at(0);
  }
  return line;
}

void check_sizes(const bus::Request& request) {
  for (const auto& argument : request.arguments) {
    if (argument.size() > Dispatcher::kArgumentBytesMax) {
      throw Failure(FailureKind::invalid, "an argument has at most 16 KiB");
    }
  }
}

}  // namespace

Dispatcher::Dispatcher(bus::Port& port, Nouns& nouns, Audit& audit, std::string operation_prefix)
    : port_(port),
      nouns_(nouns),
      audit_(audit),
      operations_(std::move(operation_prefix),
                  [this](const std::string& id, const std::string& text) {
                    port_.emit("Operations", "Progress", {id, text});
                  }),
      workers_(kThreads, kQueuedMax) {}

void Dispatcher::handle(const bus::Request& request) {
  try {
    check_sizes(request);
    const MethodInfo& info = method_of(request.noun, request.method);
    // What polkit would say too; the operator at the machine is not locked out by its absence.
    if (request.caller.uid == 0) {
      decided(request, info, bus::Decision::allowed);
      return;
    }
    port_.authorize(request.caller, info.action, [this, request, &info](bus::Decision decision) {
      decided(request, info, decision);
    });
  } catch (const Failure& failure) {
    port_.fail(request.ticket, failure);
  }
}

void Dispatcher::decided(const bus::Request& request, const MethodInfo& info,
                         bus::Decision decision) {
  const bool is_accepted = workers_.submit([this, request, &info, decision] {
    if (decision == bus::Decision::allowed) {
      work(request, info);
      return;
    }
    if (info.kind != Kind::reads) {
      write_audit(request, "denied");
    }
    port_.deny(request.ticket, decision == bus::Decision::denied
                                   ? "this user may not do that: " + info.action
                                   : "polkit does not answer, so nobody but root may do that");
  });
  if (!is_accepted) {
    port_.fail(request.ticket,
               Failure(FailureKind::refused, "too many calls are waiting; try again in a moment"));
  }
}

// The boundary of one call: nothing that it throws may end the service.
void Dispatcher::work(const bus::Request& request, const MethodInfo& info) {
  try {
    port_.answer(request.ticket, perform(request, info));
  } catch (const Failure& failure) {
    if (info.kind != Kind::reads) {
      write_audit(request, std::string("failed: ") + failure.what());
    }
    port_.fail(request.ticket, failure);
  } catch (const std::exception& error) {
    if (info.kind != Kind::reads) {
      write_audit(request, std::string("failed: ") + error.what());
    }
    port_.fail(request.ticket, Failure(FailureKind::failed, error.what()));
  }
}

std::string Dispatcher::perform(const bus::Request& request, const MethodInfo& info) {
  if (request.noun == "Operations") {
    return operations_.describe(request.arguments.at(0));
  }
  if (request.noun == "Audit") {
    return audit_.read(request.arguments.at(0));
  }
  if (info.kind == Kind::starts) {
    return start(request, info);
  }
  std::string answer = nouns_.answer(request.noun + "." + request.method, request.arguments);
  if (info.kind == Kind::answers) {
    write_audit(request, "done");
  }
  return answer;
}

std::string Dispatcher::start(const bus::Request& request, const MethodInfo& info) {
  const std::string method = info.member.noun + "." + info.member.name;
  nouns_.check(method, request.arguments);
  const bool ends_machine = request.noun == "Power";
  if (ends_machine) {
    // Written before, because the machine may be down before there is a result.
    write_audit(request, "started");
  }
  const std::string id = operations_.start(
      [this, method, arguments = request.arguments](const Progress& progress) {
        return nouns_.act(method, arguments, progress);
      },
      [this, request, ends_machine](bool has_failed, const std::string& result) {
        if (!ends_machine || has_failed) {
          write_audit(request, (has_failed ? "failed: " : "done: ") + result);
        }
      });
  json::object answer{{"operation", id}};
  if (request.method == "Apply") {
    answer["confirm_within_s"] = settings::kConfirmWithinSeconds;
  }
  return json::serialize(answer);
}

void Dispatcher::write_audit(const bus::Request& request, const std::string& result) {
  AuditLine line = audit_line(request);
  line.result = result;
  audit_.write(line);
}

}  // namespace ap::daemon
