// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/login_link.h"
#include "controlplane/daemon/common_settings.h"
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"

#include <boost/json.hpp>

#include <chrono>
#include <cstdio>

namespace cp::daemon {
namespace {

constexpr int kExitNoSuchAccount = 67;  // EX_NOUSER

}  // namespace

int run_login_link(const std::string& email) {
  base::Settings settings;
  const auto database = database_options(settings, "bristle-login-link");
  const auto url = site_url(settings);
  settings.exit_if_invalid();
  db::Pool pool(database);
  try {
    const auto token = auth::create_login_link(pool, email);
    const auto link = boost::json::serialize(
        boost::json::object{{"url", url + "/login/link?token=" + token},
                            {"expires_s", std::chrono::seconds(auth::kLoginLinkLifetime).count()}});
    std::printf("%s\n", link.c_str());
    return 0;
  } catch (const auth::NoSuchAccount& error) {
    write_log(std::string("login-link: ") + error.what());
    return kExitNoSuchAccount;
  }
}

}  // namespace cp::daemon
