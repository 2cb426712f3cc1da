// SPDX-License-Identifier: LicenseRef-Project
// The autocapture elements of an event in PostHog's one-line form (analytics.md 1.7).
#pragma once

#include <string>
#include <string_view>

namespace cp::event {

/// `tag.class:attribute="value"…;tag…`, innermost first, from the JSON array `$elements` of older
/// web SDKs. Empty when the text is no array of objects.
std::string elements_chain(std::string_view elements_json);

}  // namespace cp::event
