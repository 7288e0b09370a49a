//! The list of protocol families.
//!
//! Adding one is a file and a line in the list at the end of this file.

pub mod bitswap;
pub mod bittorrent;
pub mod codex;
pub mod direct;
pub mod ideal;
pub mod idle;
mod parts;

use crate::protocol::{Cost, Protocol, SwarmShape};

/// Something to do with a protocol's type.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Called with the type and its constants.
    fn visit<P: Protocol>(self, params: &P::Params) -> Self::Output;
}

/// Makes the list of families: the specification enum, look-up by name.
macro_rules! families {
    ($($(#[$doc:meta])* $name:literal => $variant:ident($protocol:ty)),+ $(,)?) => {
        /// A protocol with its constants; it is read under the name of its family.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all(serialize = "kebab-case"))]
        pub enum ProtocolSpec {
            $($(#[$doc])* #[serde(rename(deserialize = $name))] $variant(<$protocol as Protocol>::Params)),+
        }

        impl ProtocolSpec {
            /// Names of the families.
            pub const FAMILIES: &'static [&'static str] = &[$($name),+];

            /// The family's name.
            pub fn family(&self) -> &'static str {
                match self { $(ProtocolSpec::$variant(_) => $name),+ }
            }

            /// JSON Schema of the constants of each family.
            pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, generator.subschema_for::<<$protocol as Protocol>::Params>())),+]
            }

            /// Whether it reads files with an erasure code.
            pub fn decodes(&self) -> bool {
                match self { $(ProtocolSpec::$variant(_) => <$protocol as Protocol>::DECODES),+ }
            }

            /// What a swarm of it costs.
            pub fn cost(&self, shape: &SwarmShape) -> Cost {
                match self { $(ProtocolSpec::$variant(params) => <$protocol>::cost(params, shape)),+ }
            }

            /// Hands the protocol's type and constants to `visitor`.
            pub fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
                match self { $(ProtocolSpec::$variant(params) => visitor.visit::<$protocol>(params)),+ }
            }
        }
    };
}

families! {
    /// Bitswap, the exchange of IPFS.
    "bitswap" => Bitswap(bitswap::Bitswap),
    /// BitTorrent as libtorrent behaves.
    "bittorrent" => BitTorrent(bittorrent::BitTorrent),
    /// The exchange of the sister forks of Codex.
    "codex-f" => CodexF(codex::f::CodexF),
    /// Codex block exchange, generation 1.
    "codex-v1" => CodexV1(codex::v1::CodexV1),
    /// Codex block exchange, generation 2.
    "codex-v2" => CodexV2(codex::v2::CodexV2),
    /// Codex block exchange, generation 3.
    "codex-v3" => CodexV3(codex::v3::CodexV3),
    /// Every leecher downloads from the seeders alone.
    "direct" => Direct(direct::Direct),
    /// An omniscient scheduler close to the bound.
    "ideal" => Ideal(ideal::Ideal),
    /// Nobody wants or provides anything.
    "idle" => Idle(idle::Idle),
}
