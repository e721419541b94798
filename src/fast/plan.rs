//! What a query selects, as a tree of keys and columns.

use async_graphql::parser::types::{Field, SelectionSet};

use super::asked::Asked;
use super::selection::{Cold, fields, page};
use super::shape::{Connection, EdgeSlot, InfoSlot, Object, PageSlot, Slot};
use super::table::{Kind, Need, Type};
use crate::base::page::Page;
use crate::sessions::identify::Column;

/// Whose columns: the objects that stand in one row of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the statement is about: the user or the team of the list, or the one that is looked up.
    Base,
    /// A membership of it.
    Seat,
    /// The membership's user.
    SeatUser,
    /// The membership's team.
    SeatTeam,
    /// The membership's role.
    SeatRole,
}

/// The columns that a statement selects; a plan names them by their places.
#[derive(Debug, Default)]
pub struct Columns(pub Vec<(Source, &'static str)>);

impl Columns {
    /// The place of a column, which is selected from here on.
    pub fn place(&mut self, source: Source, name: &'static str) -> usize {
        let known = self.0.iter().position(|column| *column == (source, name));
        known.unwrap_or_else(|| {
            self.0.push((source, name));
            self.0.len() - 1
        })
    }

    /// The columns by their tables, for the statement that tells who asks.
    pub fn of_viewer(&self) -> Vec<Column> {
        let of_table = |(source, name): &(Source, &'static str)| {
            let table = match source {
                Source::Base | Source::SeatUser => "user",
                Source::Seat => "membership",
                Source::SeatTeam => "team",
                Source::SeatRole => "role",
            };
            Column(table, name)
        };
        self.0.iter().map(of_table).collect()
    }

    /// Whether any column of this source is selected.
    pub fn any_of(&self, source: Source) -> bool {
        self.0.iter().any(|column| column.0 == source)
    }
}

/// What a statement is about, and what it has to find of it.
#[derive(Debug)]
pub struct Plan {
    /// The type of what it is about: `User` or `Team`.
    pub base: Type,
    /// The columns.
    pub columns: Columns,
    /// The page of memberships of each, where it is asked for.
    pub seats: Option<Page>,
}

/// How a connection sorts.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// The column.
    pub column: &'static str,
    /// Whether it holds times, and not text.
    pub by_time: bool,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Sort {
    /// By this column, which holds times or does not.
    pub fn of((column, by_time): (&'static str, bool), descending: bool) -> Self {
        Self {
            column,
            by_time,
            descending,
        }
    }
}

/// How memberships are sorted, the oldest first.
pub const BY_JOINING: Sort = Sort {
    column: "joined_at",
    by_time: true,
    descending: false,
};

fn key(field: &Field) -> String {
    // A name of GraphQL has no character that JSON escapes.
    format!("\"{}\":", field.response_key().node)
}

impl Plan {
    /// A plan for users, or for teams.
    pub fn of(base: Type) -> Self {
        Self {
            base,
            columns: Columns::default(),
            seats: None,
        }
    }

    /// An object that stands in the columns of `source`.
    pub fn object(
        &mut self,
        asked: &Asked<'_>,
        on: Type,
        source: Source,
        selection: &SelectionSet,
    ) -> Result<Object, Cold> {
        let id = self.columns.place(source, "id");
        let mut object = Object {
            on,
            id,
            needs: Vec::new(),
            keys: Vec::new(),
        };
        for field in fields(asked, on.name(), selection)? {
            let name = field.name.node.as_str();
            if name == "__typename" {
                object.keys.push((key(field), Slot::Typename(on.name())));
                continue;
            }
            let row = on.rows().iter().find(|row| row.name == name).ok_or(Cold)?;
            if row.need != Need::Nothing && !object.needs.contains(&row.need) {
                object.needs.push(row.need);
            }
            let below = &field.selection_set.node;
            let slot = match row.kind {
                Kind::Object(Type::User) if on == Type::Viewer => {
                    Slot::Object(self.object(asked, Type::User, Source::Base, below)?)
                }
                Kind::Object(of) => {
                    // A membership's user is in the rows of a team's members, its team in those of a user's.
                    let of_source = match (of, self.base) {
                        (Type::User, Type::Team) => Source::SeatUser,
                        (Type::Team, Type::User) => Source::SeatTeam,
                        (Type::Role, _) => Source::SeatRole,
                        _ => return Err(Cold),
                    };
                    Slot::Object(self.object(asked, of, of_source, below)?)
                }
                Kind::Memberships if source == Source::Base && self.seats.is_none() => {
                    let page = page(asked, field)?;
                    self.seats = Some(page.clone());
                    let memberships =
                        self.connection(asked, Type::Membership, (Source::Seat, BY_JOINING), below)?;
                    Slot::Page(memberships, page)
                }
                Kind::Memberships | Kind::Cold => return Err(Cold),
                _ if !field.arguments.is_empty() => return Err(Cold),
                kind => {
                    let mut places = [0; 3];
                    for (place, column) in places.iter_mut().zip(row.columns) {
                        *place = self.columns.place(source, column);
                    }
                    Slot::Leaf(kind, places)
                }
            };
            object.keys.push((key(field), slot));
        }
        Ok(object)
    }

    /// A page of objects that stand in the columns of a source.
    pub fn connection(
        &mut self,
        asked: &Asked<'_>,
        of: Type,
        (source, sort): (Source, Sort),
        selection: &SelectionSet,
    ) -> Result<Connection, Cold> {
        let (name, edge) = of.connection();
        // They tell one item of the page from the next, whatever is shown of it.
        let place = (
            self.columns.place(source, sort.column),
            self.columns.place(source, "id"),
        );
        let mut keys = Vec::new();
        for field in fields(asked, name, selection)? {
            let below = &field.selection_set.node;
            let slot = match field.name.node.as_str() {
                "__typename" => PageSlot::Typename(name),
                "edges" => PageSlot::Edges(self.edges(asked, (of, edge), source, below)?),
                "nodes" => PageSlot::Nodes(self.object(asked, of, source, below)?),
                "pageInfo" => PageSlot::Info(info(asked, below)?),
                // The total of each item's page would be one more count for each.
                "totalCount" if source == Source::Base => PageSlot::Total,
                _ => return Err(Cold),
            };
            keys.push((key(field), slot));
        }
        Ok(Connection {
            place,
            by_time: sort.by_time,
            keys,
        })
    }

    fn edges(
        &mut self,
        asked: &Asked<'_>,
        (of, edge): (Type, &'static str),
        source: Source,
        selection: &SelectionSet,
    ) -> Result<Vec<(String, EdgeSlot)>, Cold> {
        let mut keys = Vec::new();
        for field in fields(asked, edge, selection)? {
            let slot = match field.name.node.as_str() {
                "__typename" => EdgeSlot::Typename(edge),
                "cursor" => EdgeSlot::Cursor,
                "node" => EdgeSlot::Node(self.object(asked, of, source, &field.selection_set.node)?),
                _ => return Err(Cold),
            };
            keys.push((key(field), slot));
        }
        Ok(keys)
    }
}

fn info(asked: &Asked<'_>, selection: &SelectionSet) -> Result<Vec<(String, InfoSlot)>, Cold> {
    let mut keys = Vec::new();
    for field in fields(asked, "PageInfo", selection)? {
        let slot = match field.name.node.as_str() {
            "__typename" => InfoSlot::Typename,
            "hasNextPage" => InfoSlot::HasNext,
            "hasPreviousPage" => InfoSlot::HasPrevious,
            "startCursor" => InfoSlot::Start,
            "endCursor" => InfoSlot::End,
            _ => return Err(Cold),
        };
        keys.push((key(field), slot));
    }
    Ok(keys)
}
