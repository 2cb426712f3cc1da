// SPDX-License-Identifier: LicenseRef-Project
// A request's JSON object, read field by field; every bad field becomes a 400 that names it.
// The module's one header that shows Boost.JSON.
#pragma once

#include "controlplane/web/message.h"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cp::api {

/// The parsed body of one request. Throws web::HttpError from every function.
class JsonBody {
 public:
  /// 400 parse_error when the body is no JSON object.
  explicit JsonBody(const web::Request& request);

  /// The field's value; nothing when it is absent or null.
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  /// A text that must be there and hold something other than blanks, of at most `characters_max`
  /// bytes.
  [[nodiscard]] std::string required_text(const std::string& name, std::size_t bytes_max) const;
  [[nodiscard]] std::optional<std::string> optional_text(const std::string& name,
                                                         std::size_t bytes_max) const;
  [[nodiscard]] std::optional<bool> optional_flag(const std::string& name) const;
  [[nodiscard]] std::optional<std::int64_t> optional_number(const std::string& name,
                                                            std::int64_t minimum,
                                                            std::int64_t maximum) const;
  [[nodiscard]] std::optional<std::vector<std::string>> optional_texts(
      const std::string& name) const;

 private:
  boost::json::object object_;
};

/// A 200 (or `status`) with `value` as its body.
web::Response json_response(const boost::json::value& value, int status = 200);

}  // namespace cp::api
