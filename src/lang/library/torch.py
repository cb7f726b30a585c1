# Ways of making and asking tensors that are no operators.


def torch_Tensor(*data):
    if len(data) == 1:
        if isinstance(data[0], int):
            return torch.empty([data[0]])
        return torch.tensor(data[0], dtype=torch.float32)
    return torch.empty(list(data))


def torch_FloatTensor(*data):
    return torch_Tensor(*data)


def torch_DoubleTensor(data):
    return torch.tensor(data, dtype=torch.float64)


def torch_LongTensor(data):
    return torch.tensor(data, dtype=torch.int64)


def torch_IntTensor(data):
    return torch.tensor(data, dtype=torch.int32)


def torch_BoolTensor(data):
    return torch.tensor(data, dtype=torch.bool)


def tensor_new(self, *data):
    return torch.tensor(data[0], dtype=self.dtype, device=self.device)


