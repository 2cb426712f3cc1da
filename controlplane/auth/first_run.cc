// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/first_run.h"

#include "controlplane/auth/authenticator.h"
#include "controlplane/auth/crypto.h"
#include "controlplane/auth/password.h"
#include "controlplane/model/project.h"
#include "dataplane/base/descriptor.h"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace cp::auth {
namespace {

constexpr std::int64_t kFirstRunLock = 0x62726973746c66;
constexpr std::size_t kTokenCharacters = 43;
constexpr std::size_t kPasswordCharacters = 24;

[[noreturn]] void throw_file_error(const char* what, const std::filesystem::path& path) {
  throw std::filesystem::filesystem_error(what, path,
                                          std::error_code(errno, std::generic_category()));
}

/// An open file; every failure is an exception that names it.
class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (!file_.is_open()) {
      throw_file_error("cannot open", path_);
    }
  }

  void write_all(std::string_view text) {
    while (!text.empty()) {
      const auto written = ::write(file_.number(), text.data(), text.size());
      if (written < 0) {
        throw_file_error("cannot write", path_);
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void restrict_to_owner() {
    if (::fchmod(file_.number(), 0600) != 0) {
      throw_file_error("cannot change the mode of", path_);
    }
  }
  void sync() {
    if (::fsync(file_.number()) != 0) {
      throw_file_error("cannot sync", path_);
    }
  }

 private:
  std::filesystem::path path_;
  base::Descriptor file_;
};

void sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  File(folder, O_RDONLY | O_DIRECTORY).sync();
}

void write_durably(const std::filesystem::path& path, const std::string& text) {
  File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  file.restrict_to_owner();  // a file left over may have had another mode
  file.write_all(text);
  file.sync();
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::rename(from, to);
  sync_folder_of(to);
}

/// The file's object; nothing when it is absent or was cut off while it was written.
std::optional<boost::json::object> read_connection(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  boost::system::error_code error;
  auto value = boost::json::parse(text.str(), error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.as_object());
}

std::string print(const boost::json::object& connection) {
  std::string text = "{\n";
  for (const auto& [key, value] : connection) {
    text += "  " + boost::json::serialize(boost::json::value(key)) + ": " +
            boost::json::serialize(value);
    text += &value == &std::prev(connection.end())->value() ? "\n" : ",\n";
  }
  return text + "}\n";
}

bool is_committed(db::Pool& pool, const boost::json::object& connection) {
  const auto* token = connection.if_contains("project_token");
  if (token == nullptr || !token->is_string()) {
    return false;
  }
  auto transaction = pool.begin();
  return model::find_project_by_token(transaction, std::string(token->as_string())).has_value();
}

void create_account(db::Pool& pool, const FirstRunOptions& options,
                    const std::filesystem::path& pending) {
  const auto password = random_base62(kPasswordCharacters);
  const auto token = "phc_" + random_base62(kTokenCharacters);
  const auto key = make_key_material();
  auto transaction = pool.begin();
  const auto organization = model::create_organization(transaction, "My organization");
  const auto project = model::create_project(transaction, organization.id, "My app", token);
  const auto user = model::create_user(
      transaction, {options.email, "Admin", hash_password(password), random_base62(43)});
  model::add_member(transaction, organization.id, user.id, model::MembershipLevel::owner);
  model::set_current_project(transaction, user.id, organization.id, project.id);
  model::create_personal_api_key(transaction, user.id,
                                 {random_base62(16), "First key", key.hash, key.mask, {"*"}});
  write_durably(pending, print({{"url", options.site_url},
                                {"project_token", token},
                                {"personal_api_key", key.value},
                                {"email", options.email},
                                {"password", password},
                                {"project_id", project.id}}));
  sync_folder_of(pending);
  transaction.commit();
}

FirstRunOutcome refresh_url(const FirstRunOptions& options, boost::json::object connection) {
  const auto* url = connection.if_contains("url");
  if (url != nullptr && url->is_string() && url->as_string() == options.site_url) {
    return FirstRunOutcome::unchanged;
  }
  connection["url"] = options.site_url;
  const auto changed = std::filesystem::path(options.connection_file).concat(".changed");
  write_durably(changed, print(connection));
  rename_durably(changed, options.connection_file);
  return FirstRunOutcome::url_changed;
}

}  // namespace

FirstRunOutcome run_first_time(db::Pool& pool, const FirstRunOptions& options) {
  const auto lock = pool.lock(kFirstRunLock, std::chrono::minutes(1));
  const auto pending = std::filesystem::path(options.connection_file).concat(".pending");
  if (std::filesystem::exists(pending)) {
    const auto connection = read_connection(pending);
    if (connection && is_committed(pool, *connection)) {
      rename_durably(pending, options.connection_file);
      return FirstRunOutcome::finished;
    }
    std::filesystem::remove(pending);
  }
  bool is_first = false;
  {
    auto transaction = pool.begin();
    is_first = !model::has_users(transaction);
  }
  if (is_first) {
    create_account(pool, options, pending);
    rename_durably(pending, options.connection_file);
    return FirstRunOutcome::created;
  }
  const auto connection = read_connection(options.connection_file);
  if (!connection) {
    return FirstRunOutcome::file_missing;
  }
  return refresh_url(options, *connection);
}

}  // namespace cp::auth
