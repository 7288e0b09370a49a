//! Serde over a [`Node`]: errors are placed at the innermost value or key.
//!
//! Reading the placed values directly keeps what serde says about an error
//! (which key, which names are valid) as data; going through `toml::Value` would
//! leave only a sentence.

use super::error::{Fault, one_of};
use super::source::Place;
use super::tree::{Node, Value};
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

impl Node {
    /// Reads this value as a `T`.
    pub(super) fn read<'de, T: de::Deserialize<'de>>(&'de self) -> Result<T, Fault> {
        T::deserialize(self)
    }

    /// What stands at a dotted key; `NAME.*` is a part with keys of its own, which is read
    /// from here too unless something is put in its place.
    fn part(&self, name: &str) -> Option<&Node> {
        let table = self.table()?;
        if name.ends_with(".*") { table.get(name).or(Some(self)) } else { table.find(name) }
    }

    fn visit<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Integer(value) => visit_integer(*value, visitor),
            Value::Float(value) if !value.is_finite() => {
                Err(Fault::new(format!("`{value}` is not a finite number")).expected("a finite number, zero or more"))
            }
            Value::Float(value) if *value < 0.0 => Err(negative(value)),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::Datetime(text) => Err(Fault::invalid_type(Unexpected::Other(&format!("date {text}")), &visitor)),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Value::Table(table) => visitor
                .visit_map(MapDeserializer::new(table.0.iter().map(|(name, node)| (Key { name, at: node.key }, node)))),
        }
    }
}

/// No quantity of a scenario can be below zero.
fn negative(value: impl std::fmt::Display) -> Fault {
    Fault::new(format!("`{value}` is negative")).expected("zero or more")
}

fn visit_integer<'de, V: Visitor<'de>>(value: i128, visitor: V) -> Result<V::Value, Fault> {
    if value < 0 {
        return Err(negative(value));
    }
    match u64::try_from(value) {
        Ok(value) => visitor.visit_u64(value),
        Err(_) => Err(Fault::new(format!("`{value}` is too large")).expected("at most 18446744073709551615")),
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor).map_err(|fault| fault.at(self.at))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let expected = || one_of(variants.iter().copied());
        let access = match &self.value {
            Value::String(name) => Variant { key: Key { name, at: self.at }, content: None },
            Value::Table(table) => match table.0.as_slice() {
                [(name, node)] => Variant { key: Key { name, at: node.key }, content: Some(node) },
                [] => return Err(Fault::new("an empty table says nothing").expected(expected()).at(self.at)),
                [_, (name, second), ..] => {
                    let message = format!("`{name}` is one alternative too many");
                    return Err(Fault::new(message).expected(format!("only {}", expected())).at(second.key));
                }
            },
            _ => return Err(self.wrong_type(&expected())),
        };
        visitor.visit_enum(access).map_err(|fault| fault.at(self.at))
    }

    /// A struct whose fields are named by dotted keys takes these and leaves all else.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if self.array().is_some() {
            return Err(self.wrong_type("a table")); // serde would take values for fields by their places
        }
        if !fields.iter().any(|name| name.contains('.')) {
            return self.deserialize_any(visitor);
        }
        let parts = fields.iter().filter_map(|name| Some((Key { name, at: self.key }, self.part(name)?)));
        visitor.visit_map(MapDeserializer::new(parts)).map_err(|fault| fault.at(self.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Fault> for &'de Node {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// A key, or the name of an alternative.
#[derive(Clone, Copy)]
struct Key<'de> {
    name: &'de str,
    at: Place,
}

impl<'de> IntoDeserializer<'de, Fault> for Key<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.name).map_err(|fault: Fault| fault.at(self.at))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        StrDeserializer::new(self.name).deserialize_enum(name, variants, visitor).map_err(|f: Fault| f.at(self.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Variant<'de> {
    key: Key<'de>,
    content: Option<&'de Node>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Self;
    fn variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        Ok((seed.deserialize(self.key)?, self))
    }
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<&'de Node, Fault> {
        let missing = || {
            Fault::new(format!("`{0}` needs a value", self.key.name)).expected(format!("{{ {} = .. }}", self.key.name))
        };
        self.content.ok_or_else(|| missing().at(self.key.at))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None => Ok(()),
            Some(node) => Err(Fault::new(format!("`{}` takes no value", self.key.name))
                .expected(format!("\"{}\"", self.key.name))
                .at(node.at)),
        }
    }

    fn newtype_variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.content()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        let node = self.content()?;
        if node.table().is_none() {
            let form = fields.iter().map(|f| format!("{f} = ..")).collect::<Vec<_>>().join(", ");
            return Err(Fault::new("wrong type")
                .expected(format!("{{ {} = {{ {form} }} }}", self.key.name))
                .at(node.at));
        }
        node.deserialize_any(visitor)
    }
}
