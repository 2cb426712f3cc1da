// SPDX-License-Identifier: LicenseRef-Project
// Goal: query parameters are read within their bounds; a bad one is a 400 that names it.
#include "controlplane/api/internal/request_parameters.h"

#include "controlplane/web/http_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::api {
namespace {

web::Request request_with(web::QueryParameters query) {
  web::Request request;
  request.path = "/api/projects/1/events/";
  request.query = std::move(query);
  return request;
}

/// The field that a refusal names, or nothing when the function did not refuse.
template <typename Function>
std::string refused_field(Function&& function) {
  try {
    function();
  } catch (const web::HttpError& error) {
    EXPECT_EQ(error.status(), 400);
    return error.attr().value_or("(null)");
  }
  return "";
}

TEST(RequestParametersTest, NumbersStayWithinTheirBounds) {
  const auto read = [](const char* text) {
    return number_parameter(request_with({{"limit", text}}), "limit", 7, 1, 50);
  };
  EXPECT_EQ(read("1"), 1);
  EXPECT_EQ(read("50"), 50);
  EXPECT_EQ(read(""), 7);
  EXPECT_EQ(number_parameter(request_with({}), "limit", 7, 1, 50), 7);
  for (const char* text : {"0", "51", "-1", "1.5", "x", " 1", "1x", "99999999999999999999"}) {
    EXPECT_EQ(refused_field([&] { read(text); }), "limit") << text;
  }
}

TEST(RequestParametersTest, TimesAreIso8601) {
  for (const char* text :
       {"", "2026-01-31", "2026-01-31T23:59", "2026-01-31 23:59:58", "2026-01-31T23:59:58.123456Z",
        "2026-01-31T23:59:58+01:00", "2026-01-31T23:59-0530", "2026-01-31Z"}) {
    EXPECT_EQ(time_parameter(request_with({{"after", text}}), "after"), text);
  }
  for (const char* text : {"soon", "-7d", "2026", "2026-1-1", "2026-01-31T", "2026-01-31T1:00",
                           "2026-01-31T23:59:5", "2026-01-31T23:59+1", "2026-01-31x"}) {
    const auto read = [&] { time_parameter(request_with({{"after", text}}), "after"); };
    EXPECT_EQ(refused_field(read), "after") << text;
  }
}

TEST(RequestParametersTest, ListsAreSplitAtCommas) {
  using testing::ElementsAre;
  const auto read = [](const char* text) {
    return list_parameter(request_with({{"columns", text}}), "columns");
  };
  EXPECT_THAT(read(""), ElementsAre());
  EXPECT_THAT(read("a"), ElementsAre("a"));
  EXPECT_THAT(read("a,b,,c,"), ElementsAre("a", "b", "c"));
}

TEST(RequestParametersTest, ALinkKeepsTheOtherParameters) {
  const auto request = request_with({{"event", "a b"}, {"offset", "2"}});
  EXPECT_EQ(address_with(request, "http://site", {{"offset", "4"}}),
            "http://site/api/projects/1/events/?event=a%20b&offset=4");
}

}  // namespace
}  // namespace cp::api
