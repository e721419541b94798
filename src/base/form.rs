//! Gathers all the bad fields of one input, so that they are reported together.

use std::borrow::Cow;

use super::error::{Error, Result, UserError, UserErrorCode};

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong.
    pub code: UserErrorCode,
    /// The rule that was broken, for a person.
    pub message: Cow<'static, str>,
}

impl Flaw {
    /// A flaw with its rule.
    pub fn new(code: UserErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// An input under inspection.
#[derive(Debug, Default)]
pub struct Form {
    errors: Vec<UserError>,
}

impl Form {
    /// Keeps the value of the field, or notes what is wrong with it.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, Flaw>) -> Option<T> {
        parsed.map_err(|flaw| self.refuse(field, flaw)).ok()
    }

    /// The same for a field that may be left out: outer `None` means "bad", inner "left out".
    pub fn take_optional<T>(
        &mut self,
        field: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Option<Option<T>> {
        match value {
            None => Some(None),
            Some(text) => self.take(field, parse(text)).map(Some),
        }
    }

    /// Notes that a field is bad.
    pub fn refuse(&mut self, field: &str, flaw: Flaw) {
        self.errors.push(UserError::new(flaw.code, field, flaw.message));
    }

    /// Notes an error unless `holds`.
    pub fn require(&mut self, holds: bool, code: UserErrorCode, field: &str, message: &'static str) {
        if !holds {
            self.refuse(field, Flaw::new(code, message));
        }
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// Ends with the parsed values when all is well, with all the errors otherwise.
    pub fn finish<P: Parsed>(self, parsed: P) -> Result<P::Values> {
        match (self.errors.is_empty(), parsed.values()) {
            (true, Some(values)) => Ok(values),
            _ => Err(Error::Invalid(self.errors)),
        }
    }

    /// Ends a form whose values are not needed any more.
    pub fn close(self) -> Result<()> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.errors))
        }
    }
}

/// A tuple of fields that were parsed, each `None` when bad.
pub trait Parsed {
    /// The tuple of the values.
    type Values;

    /// The values, when none is missing.
    fn values(self) -> Option<Self::Values>;
}

macro_rules! parsed {
    ($($field:ident)+) => {
        impl<$($field),+> Parsed for ($(Option<$field>,)+) {
            type Values = ($($field,)+);

            #[allow(non_snake_case)] // The type parameters serve as the names of the fields too.
            fn values(self) -> Option<Self::Values> {
                let ($($field,)+) = self;
                Some(($($field?,)+))
            }
        }
    };
}

parsed!(A);
parsed!(A B);
parsed!(A B C);
parsed!(A B C D);
parsed!(A B C D E);
parsed!(A B C D E F);
