// SPDX-License-Identifier: LicenseRef-Project
// The autocapture elements of a stored event, read back from their one-line form.
#pragma once

#include <boost/json.hpp>

#include <string_view>

namespace cp::api {

/// `tag.class1.class2:key="value"…;…` (analytics.md 1.7), innermost first, as the list PostHog's
/// API answers. A damaged chain gives the elements before the damage.
boost::json::array elements_of_chain(std::string_view chain);

}  // namespace cp::api
