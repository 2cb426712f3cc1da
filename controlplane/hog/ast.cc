// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/ast.h"

#include "controlplane/hog/functions.h"

#include <algorithm>

namespace cp::hog {

std::string column_name(const SelectItem& item) {
  if (item.alias) {
    return *item.alias;
  }
  if (item.expression.kind == ExpressionKind::field) {
    return item.expression.path.back();
  }
  return item.expression.source;
}

bool has_aggregate(const Expression& expression) {
  if (expression.kind == ExpressionKind::call) {
    const Function* function = find_function(expression.text);
    if (function != nullptr && function->is_aggregate) {
      return true;
    }
  }
  return std::any_of(expression.children.begin(), expression.children.end(), has_aggregate);
}

}  // namespace cp::hog
