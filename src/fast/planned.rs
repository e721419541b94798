//! A plan with its answer's shape, and how it is kept for the next question of the same form.

use std::sync::Arc;

use super::asked::Asked;
use super::plan::Plan;
use super::selection::Cold;
use super::shape::{Connection, Object};
use super::table::Type;
use crate::base::page::Page;

/// A plan, and the shape of the answer that it is for.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The shape.
    pub shape: Shape,
}

/// The shape of a root field's answer.
#[derive(Debug)]
pub enum Shape {
    /// A page.
    Page(Connection),
    /// One object.
    One(Object),
}

impl Planned {
    /// The plan that was kept for questions of this form, or a new one. It is kept where the texts among the variables,
    /// which the form leaves open, had no part in it: of all that is planned they are in cursors of memberships alone.
    pub fn of(
        asked: &Asked<'_>,
        base: Type,
        shape: impl FnOnce(&mut Plan) -> Result<Shape, Cold>,
    ) -> Result<Arc<Self>, Cold> {
        let kept = asked.kept.and_then(|kept| kept.0.get());
        // A node can be of another type the next time.
        if let Some(kept) = kept.filter(|kept| kept.plan.base == base) {
            return Ok(kept.clone());
        }
        let mut plan = Plan::of(base);
        let shape = shape(&mut plan)?;
        let has_cursor = |page: &Page| page.after.is_some() || page.before.is_some();
        let is_open = plan.seats.as_ref().is_some_and(has_cursor);
        let planned = Arc::new(Self { plan, shape });
        if let Some(kept) = asked.kept.filter(|_| !is_open) {
            // Somebody may have kept the same one meanwhile.
            let _ = kept.0.set(planned.clone());
        }
        Ok(planned)
    }

    /// The page.
    pub fn page(&self) -> Result<&Connection, Cold> {
        match &self.shape {
            Shape::Page(connection) => Ok(connection),
            Shape::One(_) => Err(Cold),
        }
    }

    /// The one object.
    pub fn one(&self) -> Result<&Object, Cold> {
        match &self.shape {
            Shape::One(object) => Ok(object),
            Shape::Page(_) => Err(Cold),
        }
    }
}
