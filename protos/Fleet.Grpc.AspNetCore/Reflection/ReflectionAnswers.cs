using Grpc.Core;
using Grpc.Reflection.V1;
using static Grpc.Reflection.V1.ServerReflectionRequest;

namespace Grpc.AspNetCore.Reflection;

/// <summary>Answers reflection requests.</summary>
internal sealed class ReflectionAnswers(DescriptorIndex index)
{
    internal ServerReflectionResponse To(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse { Service = { index.Services.Select(name => new ServiceResponse { Name = name }) } };
                break;
            case MessageRequestOneofCase.FileByFilename when index.File(request.FileByFilename) is { } file:
                response.FileDescriptorResponse = Files(file);
                break;
            case MessageRequestOneofCase.FileContainingSymbol when index.Symbol(request.FileContainingSymbol) is { } file:
                response.FileDescriptorResponse = Files(file);
                break;
            case MessageRequestOneofCase.AllExtensionNumbersOfType when index.IsMessage(request.AllExtensionNumbersOfType):
                response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            case MessageRequestOneofCase.None:
                response.ErrorResponse = Error(StatusCode.InvalidArgument, "The request asks nothing.");
                break;
            default:
                response.ErrorResponse = Error(StatusCode.NotFound, "This server describes no such file, symbol or extension.");
                break;
        }

        return response;
    }

    private static FileDescriptorResponse Files(Google.Protobuf.Reflection.FileDescriptor file) => new() { FileDescriptorProto = { DescriptorIndex.WithImports(file) } };

    private static ErrorResponse Error(StatusCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };
}
