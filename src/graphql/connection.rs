//! Connections, after the Relay specification: pages of a list with opaque cursors.
//!
//! Written out here and not taken from the library, whose own answer their fields in the order in which
//! they finish; the specification wants the query's order.

/// Declares a connection and its edge.
macro_rules! connection {
    ($name:ident, $edge:ident, $node:ident, $node_name:literal) => {
        #[doc = concat!("One ", $node_name, " of a page, with its place in the list.")]
        pub struct $edge {
            cursor: $crate::base::page::Cursor,
            node: $node,
        }

        #[doc = concat!("One ", $node_name, " of a page, with its place in the list.")]
        #[async_graphql::Object(serial)]
        impl $edge {
            /// Where it stands: give it as `after` or `before` to go on from here.
            async fn cursor(&self) -> String {
                self.cursor.encode()
            }

            #[doc = concat!("The ", $node_name, ".")]
            async fn node(&self) -> &$node {
                &self.node
            }
        }

        #[doc = concat!("A page of a list, with the ", $node_name, " as the node of each edge.")]
        pub struct $name {
            edges: Vec<$edge>,
            has_previous: bool,
            has_next: bool,
            total: Option<u64>,
        }

        #[doc = concat!("A page of a list, with the ", $node_name, " as the node of each edge.")]
        #[async_graphql::Object(serial)]
        impl $name {
            /// The items of the page, each with its cursor.
            async fn edges(&self) -> &[$edge] {
                &self.edges
            }

            /// The items of the page without their cursors.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }

            /// Whether there is more, and from where to go on.
            async fn page_info(&self) -> async_graphql::connection::PageInfo {
                async_graphql::connection::PageInfo {
                    has_previous_page: self.has_previous,
                    has_next_page: self.has_next,
                    start_cursor: self.edges.first().map(|edge| edge.cursor.encode()),
                    end_cursor: self.edges.last().map(|edge| edge.cursor.encode()),
                }
            }

            /// How many items the whole list has; counted only when asked for.
            async fn total_count(&self) -> u64 {
                self.total.unwrap_or_default()
            }
        }

        impl $name {
            /// Makes the connection of a page that was read.
            pub fn new<T>(
                slice: $crate::base::page::Slice<T>,
                mut item: impl FnMut(T) -> ($crate::base::page::Cursor, $node),
            ) -> Self {
                let edges = slice.rows.into_iter().map(|row| {
                    let (cursor, node) = item(row);
                    $edge { cursor, node }
                });
                Self {
                    edges: edges.collect(),
                    has_previous: slice.has_previous,
                    has_next: slice.has_next,
                    total: slice.total,
                }
            }
        }
    };
}

pub(super) use connection;
