// SPDX-License-Identifier: LicenseRef-Project
// The one exception that ends a request: it carries the HTTP status and the compatible error body.
#pragma once

#include "controlplane/web/message.h"

#include <optional>
#include <stdexcept>
#include <string>

namespace cp::web {

/// Thrown anywhere behind a request boundary; the server turns it into
/// `{"type","code","detail","attr"}`, the error shape of PostHog's API (analytics.md, section 3).
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, std::string type, std::string code, const std::string& detail,
            std::optional<std::string> attr = std::nullopt)
      : std::runtime_error(detail),
        status_(status),
        type_(std::move(type)),
        code_(std::move(code)),
        attr_(std::move(attr)) {}

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] std::string detail() const { return what(); }
  [[nodiscard]] const std::optional<std::string>& attr() const noexcept { return attr_; }

  /// The answer a client gets.
  [[nodiscard]] Response response() const;

 private:
  int status_;
  std::string type_;
  std::string code_;
  std::optional<std::string> attr_;
};

}  // namespace cp::web
