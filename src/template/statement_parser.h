// What stands in line statements that declare something: param, needs, cores, workload, output.
#pragma once

#include "template/expression/expression_parser.h"
#include "template/tree.h"

namespace testloom::templating {

// Each takes what follows the statement's word and reports what is wrong with it.
void parse_parameter(ExpressionParser& parser, Expressions& expressions, Span statement,
                     Declarations& declarations, Mistakes& mistakes);
void parse_needs(const Sources& sources, Span arguments, Span statement, Expressions& expressions,
                 Declarations& declarations, Mistakes& mistakes);
void parse_cores(ExpressionParser& parser, const Expressions& expressions, Span statement,
                 Declarations& declarations, Mistakes& mistakes);
void parse_workload(const Sources& sources, ExpressionParser& parser, Expressions& expressions,
                    Declarations& declarations, Mistakes& mistakes);
void parse_output(std::string_view word, Span where, Declarations& declarations, Mistakes& mistakes);

// The name that include, extends and needs begin with: a word up to a blank, or a string literal. Sets
// `rest` to what follows it. Empty, with a mistake, where there is none.
std::string_view parse_template_name(const Sources& sources, Span arguments, Span& rest, Mistakes& mistakes);

}  // namespace testloom::templating
