// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/common_settings.h"

#include <charconv>

namespace cp::daemon {
namespace {

constexpr std::size_t kSecretCharactersMin = 32;
constexpr int kCoresMax = 1024;

/// Takes a number off the front; nothing when there is none below kCoresMax.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0 || value >= kCoresMax) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

db::Options database_options(base::Settings& settings, const std::string& application_name) {
  db::Options options;
  options.url = settings.required_text("DATABASE_URL");
  options.application_name = application_name;
  return options;
}

olap::Address clickhouse_address(base::Settings& settings) {
  olap::Address address;
  address.url = settings.required_text("CLICKHOUSE_URL");
  if (!address.url.empty() && !address.url.starts_with("unix:/") &&
      !address.url.starts_with("http://")) {
    settings.complain("CLICKHOUSE_URL", "unix:/path/of.sock or http://host:port");
  }
  address.database = settings.text("CLICKHOUSE_DATABASE", address.database);
  address.user = settings.text("CLICKHOUSE_USER", address.user);
  address.password = settings.text("CLICKHOUSE_PASSWORD", "");
  return address;
}

std::string site_url(base::Settings& settings) {
  auto url = settings.text("SITE_URL", "http://127.0.0.1:8000");
  while (url.ends_with('/')) {
    url.pop_back();
  }
  const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
  if (!has_scheme || url.find_first_of(" \"'<>?#") != std::string::npos) {
    settings.complain("SITE_URL", "the page's address, for example https://analytics.example.org");
  }
  return url;
}

std::string secret_key(base::Settings& settings) {
  auto key = settings.required_text("SECRET_KEY");
  if (!key.empty() && key.size() < kSecretCharactersMin) {
    settings.complain("SECRET_KEY", "at least 32 random characters");
  }
  return key;
}

std::optional<std::vector<int>> parse_cores(std::string_view text) {
  std::vector<int> cores;
  while (true) {
    const auto first = take_number(text);
    auto last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      last = take_number(text);
    }
    if (!first || !last || *last < *first) {
      return std::nullopt;
    }
    for (int core = *first; core <= *last; ++core) {
      cores.push_back(core);
    }
    if (text.empty()) {
      return cores;
    }
    if (!text.starts_with(',')) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
}

}  // namespace cp::daemon
