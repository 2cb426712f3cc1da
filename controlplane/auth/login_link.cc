// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/login_link.h"

#include "controlplane/auth/crypto.h"
#include "controlplane/model/login_link.h"

namespace cp::auth {
namespace {

constexpr std::size_t kTokenCharacters = 43;  // 256 bits in base 62

model::User account_of(db::Transaction& transaction, const std::string& email) {
  if (email.empty()) {
    if (auto first = model::find_first_user(transaction)) {
      return std::move(*first);
    }
    throw NoSuchAccount("there is no account yet");
  }
  auto found = model::find_user_by_email(transaction, email);
  if (!found || !found->user.is_active) {
    throw NoSuchAccount("no active account has the email " + email);
  }
  return std::move(found->user);
}

}  // namespace

std::string create_login_link(db::Pool& pool, const std::string& email) {
  auto token = random_base62(kTokenCharacters);
  auto transaction = pool.begin();
  const auto user = account_of(transaction, email);
  model::create_login_link(transaction, sha256(token), user.id, kLoginLinkLifetime);
  transaction.commit();
  return token;
}

}  // namespace cp::auth
