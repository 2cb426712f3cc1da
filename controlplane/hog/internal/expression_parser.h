// SPDX-License-Identifier: LicenseRef-Project
// The recursive descent over HogQL expressions.
// Loosest first: ?: — or — and — not — ?? — is null — comparison — + - || — * / % — unary minus —
// call, index, member. BETWEEN binds like a comparison (as SQL users expect).
#pragma once

#include "controlplane/hog/ast.h"
#include "controlplane/hog/internal/token_cursor.h"
#include "controlplane/hog/parser.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cp::hog {

/// Reads one expression from where the cursor stands. Bounds: kNestingMax, kHeightMax, kNodesMax.
class ExpressionParser : public TokenCursor {
 public:
  using TokenCursor::TokenCursor;

  Expression expression();

 private:
  // Counts nesting for the lifetime of one recursive step.
  class Depth {
   public:
    explicit Depth(ExpressionParser& parser) : parser_(parser) {
      if (++parser_.depth_ > kNestingMax) {
        parser_.fail("An expression is nested at most " + std::to_string(kNestingMax) +
                     " levels deep");
      }
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Depth(Depth&&) = delete;
    Depth& operator=(Depth&&) = delete;
    ~Depth() { --parser_.depth_; }

   private:
    ExpressionParser& parser_;
  };

  Expression node(ExpressionKind kind, Position position, std::string text = {});
  // A copied subtree counts like a read one, or nested CASE subjects would grow without bound.
  void count_copy(const Expression& expression);
  // Chains of operators nest to the left without recursion here, but not in whoever walks the tree.
  void check_height(const Expression& root) const;
  Expression binary(ExpressionKind kind, std::string text, Expression left, Expression right);
  Expression conditional();
  Expression disjunction();
  Expression conjunction();
  Expression negation();
  Expression null_coalescing();
  Expression null_test();
  Expression comparison();
  std::string take_comparison();
  // The right side of IN: a list in parentheses is a tuple even when it has one entry.
  Expression membership_list();
  Expression additive();
  Expression multiplicative();
  Expression unary();
  Expression postfix();
  void refuse_symbols() const;
  Expression member(Expression container);
  // column['key'] is the same as column.key; anything else reads an array.
  Expression index(Expression container);
  Expression primary();
  Expression literal(ExpressionKind kind);
  Expression word();
  Expression field_or_call();
  Expression call(Token function);
  // Up to and with the closing parenthesis.
  std::vector<Expression> arguments();
  Expression case_expression();
  // INTERVAL 7 DAY | INTERVAL '7 days'
  Expression interval();
  // CAST(x AS Type) becomes the conversion function of that type.
  Expression cast();
  Expression bracketed();
  Expression parenthesis();

  std::uint32_t depth_ = 0;
  std::uint32_t nodes_ = 0;
};

}  // namespace cp::hog
