//! Messages whose type is known only at run time, as a codec of tonic's.

use bytes::{Buf, BufMut};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Encodes any message, decodes replies of one type.
#[derive(Clone, Debug)]
pub(crate) struct DynamicCodec {
    reply: MessageDescriptor,
}

impl DynamicCodec {
    /// A codec for replies of this type.
    pub(crate) fn new(reply: MessageDescriptor) -> Self {
        Self { reply }
    }
}

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message.encode_to_vec().as_slice());
        Ok(())
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let whole = bytes.copy_to_bytes(bytes.remaining());
        let message = DynamicMessage::decode(self.reply.clone(), whole);
        let wrong = |error| Status::internal(format!("the reply is no {}: {error}", self.reply.full_name()));
        message.map(Some).map_err(wrong)
    }
}
