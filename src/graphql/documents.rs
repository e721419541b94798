//! Documents that were asked lately, parsed and looked through: consoles send the same few again and again.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::document;
use super::error::Code;
use super::known::Proven;
use crate::base::settings::Switch;

/// How many bytes of text are kept; parsed they take about ten times as much.
const MOST_BYTES: u64 = 1024 * 1024;
/// A longer one is parsed each time: it is nobody's screen.
const LONGEST: usize = 16 * 1024;
/// How many documents are expected, which sizes the table.
const EXPECTED: usize = 512;

/// A document that was parsed.
#[derive(Debug)]
pub struct Parsed {
    /// The document.
    pub document: ExecutableDocument,
    /// Why it is not executed, whoever asks.
    pub refusal: Option<(Code, &'static str)>,
    /// In which forms it was valid.
    pub proven: Proven,
}

/// A document weighs what its text has.
#[derive(Clone, Debug)]
struct ByLength;

impl Weighter<Box<str>, Arc<Parsed>> for ByLength {
    fn weight(&self, text: &Box<str>, _: &Arc<Parsed>) -> u64 {
        text.len().max(1) as u64
    }
}

/// The documents of one server.
#[derive(Debug)]
pub struct Documents {
    cache: Cache<Box<str>, Arc<Parsed>, ByLength>,
    introspection: Switch,
}

impl Documents {
    /// None yet.
    #[must_use]
    pub fn new(introspection: Switch) -> Self {
        Self {
            cache: Cache::with_weighter(EXPECTED, MOST_BYTES, ByLength),
            introspection,
        }
    }

    /// The document of this text.
    pub fn parse(&self, text: &str) -> Result<Arc<Parsed>, async_graphql::parser::Error> {
        if let Some(parsed) = self.cache.get(text) {
            return Ok(parsed);
        }
        let document = parse_query(text)?;
        let refusal = document::check(&document, self.introspection).err();
        let parsed = Arc::new(Parsed {
            document,
            refusal,
            proven: Proven::default(),
        });
        if text.len() <= LONGEST {
            self.cache.insert(text.into(), parsed.clone());
        }
        Ok(parsed)
    }
}
