// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/http_error.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace cp::web {

Response HttpError::response() const {
  boost::json::object body;
  body["type"] = type_;
  body["code"] = code_;
  body["detail"] = what();
  body["attr"] = attr_ ? boost::json::value(*attr_) : boost::json::value(nullptr);
  return Response::with(status_, "application/json", boost::json::serialize(body));
}

}  // namespace cp::web
