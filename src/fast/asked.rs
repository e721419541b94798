//! A root field as it was asked, with what its document says around it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::{Field, FragmentDefinition, SelectionSet};
use async_graphql::{Context, InputType, Name, Positioned, Value, Variables};

use super::field::Way;
use super::planned::Planned;
use super::selection::Cold;
use crate::base::page::PageArgs;

/// A root field of a request that has a fast way.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q> {
    /// The way.
    pub(super) way: &'q Way,
    /// The document's fragments.
    pub(super) fragments: &'q HashMap<Name, Positioned<FragmentDefinition>>,
    /// The values of its variables.
    pub(super) variables: &'q Variables,
    /// The field.
    field: &'q Field,
    /// What was planned for questions of the same form.
    pub(super) kept: Option<&'q Kept>,
}

/// What was planned for a question, kept for the next ones of its form.
#[derive(Debug, Default)]
pub struct Kept(pub(super) OnceLock<Arc<Planned>>);

impl<'q> Asked<'q> {
    /// The field that the library is about to answer; none where the request has no fast way.
    #[must_use]
    pub fn of(ctx: &Context<'q>) -> Option<Self> {
        Some(Self {
            way: ctx.data_opt()?,
            fragments: &ctx.query_env.fragments,
            variables: &ctx.query_env.variables,
            field: &ctx.item.node,
            kept: None,
        })
    }

    /// A field of a document that is known to be valid, in a form for which `kept` is.
    #[must_use]
    pub fn known(
        way: &'q Way,
        fragments: &'q HashMap<Name, Positioned<FragmentDefinition>>,
        field: &'q Field,
        variables: &'q Variables,
        kept: &'q Kept,
    ) -> Self {
        Self {
            way,
            fragments,
            variables,
            field,
            kept: Some(kept),
        }
    }

    /// What is selected of the field.
    pub(super) fn selection(&self) -> &'q SelectionSet {
        &self.field.selection_set.node
    }

    /// What a variable stands for: its default was filled in before.
    pub(super) fn variable(&self, name: &Name) -> Result<Value, Cold> {
        self.variables.get(name).cloned().ok_or(Cold)
    }

    /// An argument of the field, read as the library would; `Cold` where that reads nothing of the kind.
    pub fn argument<T: InputType>(&self, name: &str) -> Result<T, Cold> {
        let value = match self.field.get_argument(name) {
            None => None,
            Some(given) => match given.node.clone().into_const_with(|name| self.variable(&name)) {
                Ok(value) => Some(value),
                // A variable that nobody gave a value is as good as no argument.
                Err(Cold) if given.node.to_string().starts_with('$') => None,
                Err(Cold) => return Err(Cold),
            },
        };
        T::parse(value).map_err(|_| Cold)
    }

    /// The four arguments of a connection.
    pub fn page(&self) -> Result<PageArgs, Cold> {
        Ok(PageArgs {
            first: self.argument("first")?,
            after: self.argument("after")?,
            last: self.argument("last")?,
            before: self.argument("before")?,
        })
    }
}
